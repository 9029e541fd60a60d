"""What `make run`, `make test` and `make bench` do. The portal itself never imports this package."""
