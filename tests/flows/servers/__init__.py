"""What servers allow and offer: ACLs, versions, partitions and namespaces."""
