"""Which configuration runs, since when, and who may change it: the admin port's side of plait."""
