"""The HTTP interface: routes, schemas, authentication, middleware, problem documents."""
