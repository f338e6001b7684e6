"""What tests of access share: answers and results."""
