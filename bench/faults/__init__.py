"""The fault runs of `make faults`: a round does something to running servers, and says what became of the rooms."""
