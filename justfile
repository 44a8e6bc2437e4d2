# `just` alone lists what there is.
default:
    @just --list

# The demo city on http://127.0.0.1:8080
run:
    cargo run --release -- serve --demo

# Quick tests while working; PostgreSQL's part runs when COMMONWEAL_TEST_POSTGRES_URL is set
test *ARGS:
    cargo nextest run --workspace {{ARGS}}

# Everything that CI checks
check:
    .ci/run

# Write schema.graphql from the code
schema:
    cargo run --quiet -- schema > schema.graphql

# Ratios against a peer or a limit measured in the same run, a line `name ratio limit` each
bench:
    tests/bench/run

# The long counts that CI samples: crashes, seeds
soak:
    tests/soak
