"""Client sealing: doc/client-sealing.md, on PyNaCl."""
