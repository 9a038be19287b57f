"""The programs that checks wrap: how they are found, started and bounded."""
