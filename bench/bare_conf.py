"""gunicorn's settings for the bare app: those of our front, without the hooks that know our app."""

from api.gunicorn_conf import (  # noqa: F401 - gunicorn reads them off this module
    bind,
    control_socket_disable,
    graceful_timeout,
    keepalive,
    preload_app,
    proc_name,
    reuse_port,
    threads,
    worker_class,
    worker_tmp_dir,
    workers,
)
