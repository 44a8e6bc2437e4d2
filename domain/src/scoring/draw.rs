//! Drawn lots. The seed hashes the salts of all opened bids, each chosen before its bidder could know another's, so that
//! no single party controls it.

use crate::ids::Id;
use crate::log::commitment::Salt;
use crate::log::hash::{Hash, sha256};

const SEED_TAG: &[u8] = b"commonweal/draw/v1\n";
const LOT_TAG: &[u8] = b"commonweal/lot/v1\n";

/// The seed of a draw: SHA-256 of a tag and the salts of all opened bids that match their commitments, in rising order,
/// so that the order of opening does not matter. Bids excluded later count too.
pub fn seed(salts: impl Iterator<Item = Salt>) -> Hash {
    let mut salts: Vec<[u8; 32]> = salts.map(|salt| salt.0).collect();
    salts.sort_unstable();
    sha256(&[SEED_TAG, &salts.concat()].concat())
}

/// The lot of whatever takes part: SHA-256 of a tag, the seed and its id, which was fixed before the seed could be known (of a
/// bid: the id of its sealed entry). The lowest lot wins.
pub fn lot(seed: Hash, of: impl Id) -> Hash {
    sha256(&[LOT_TAG, seed.as_bytes(), of.uuid().as_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::SealedId;
    use uuid::Uuid;

    #[test]
    fn the_seed_depends_on_every_salt_and_not_on_their_order() {
        let salts = [Salt([1; 32]), Salt([2; 32]), Salt([3; 32])];
        let base = seed(salts.into_iter());
        assert_eq!(base, seed(salts.into_iter().rev()));
        assert_ne!(base, seed(salts.into_iter().take(2)));
    }

    #[test]
    fn each_sealed_entry_has_its_own_lot() {
        let base = seed([Salt([1; 32])].into_iter());
        let id = |n| -> SealedId { SealedId::from_uuid(Uuid::from_u128(n)) };
        assert_ne!(lot(base, id(1)), lot(base, id(2)));
        assert_eq!(lot(base, id(1)), lot(base, id(1)));
    }
}
