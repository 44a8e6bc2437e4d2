//! The public log: encoding, tree, checkpoints and replay.

pub mod canonical;
pub mod entry;
pub mod hash;
pub mod kinds;
pub mod merkle_proof;
pub mod state;
pub mod tree;
