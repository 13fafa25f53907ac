"""What Alembic runs: the revisions, on the connection and in the transaction it is given."""

from alembic import context

from judgeline.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # on SQLite too, for every BEGIN is ours: all revisions, or none
)
with context.begin_transaction():
    context.run_migrations()
