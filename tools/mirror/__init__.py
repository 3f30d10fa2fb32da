"""The parts of vvault_mirror.py and vvault_restore.py: places to keep a mirror, its head, the
work between the ledger and it, and the way back."""
