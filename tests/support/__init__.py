"""Shared by several rooms of tests: labs, fakes, samples. A room's own helpers stay in the room.

A lab is what a test drives, one for each layer. Those that run the use cases share `lab.UseCases`.

    lab.Lab                    app on sandbox clusters in this process; `UseCases` with other transports
    peerings.lab.PeeringLab   app on one peering, on sandbox or real servers (`Servers`)
    acl_lab.AclLab             app on clusters with ACLs, on sandbox or real servers
    command.lab.CommandLab     the command as a process, on sandbox servers with ports
    provider_lab.ProviderLab   the Consul provider alone, on sandbox clusters
    entries.lab.EntryLab       engine and provider with config entries, on sandbox or real servers
    memory.MemoryServers       servers for the engine alone
"""
