"""Alembic's entry: runs on the connection and in the transaction that `adapters.database.migration` opened."""

from alembic import context

from adapters.database.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
