"""The archive of an order: the files of its bundle, and the sheet that people read."""
