//! The public log: encoding, tree, checkpoints and replay.
