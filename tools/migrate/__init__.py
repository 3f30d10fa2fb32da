"""The parts of vvault_migrate.py: what lies in a folder, what the gateway holds, the work between
the two, and the report of it."""
