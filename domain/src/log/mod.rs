//! The public log: encoding, tree, checkpoints and replay.

pub mod bundle;
pub mod canonical;
pub mod checkpoint;
pub mod commitment;
pub mod difference;
pub mod entry;
pub mod hash;
pub mod kinds;
pub mod merkle_proof;
pub mod note;
pub mod proof;
pub mod rotation;
pub mod schema;
pub mod state;
pub mod tile;
mod tile_path;
pub mod tree;
pub mod whole;
pub mod witness;
