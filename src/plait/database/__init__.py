"""A database that plait keeps something in: a file of SQLite, or Postgres for many proxies."""
