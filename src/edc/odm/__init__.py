"""Reader of ODM-XML 1.3: one pass over the file in flat memory, snapshots and transactions."""
