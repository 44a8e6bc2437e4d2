//! Entry bundles (C2SP tlog-tiles): the entries of a tile, each after its length as a big-endian 16-bit number.

use super::tile::{TileError, TilePath};

/// Appends one entry to a bundle.
pub fn push_entry(bundle: &mut Vec<u8>, entry: &[u8]) -> Result<(), TileError> {
    let length = u16::try_from(entry.len()).map_err(|_| TileError::EntryTooLarge(entry.len()))?;
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
    Ok(())
}

/// The bundle of these entries.
pub fn encode_bundle<E: AsRef<[u8]>>(
    entries: impl IntoIterator<Item = E>,
) -> Result<Vec<u8>, TileError> {
    let mut bundle = Vec::new();
    for entry in entries {
        push_entry(&mut bundle, entry.as_ref())?;
    }
    Ok(bundle)
}

/// The entries of the bundle at `path`, which must hold exactly as many as the path says and nothing after them.
pub fn decode_bundle(path: TilePath, content: &[u8]) -> Result<Vec<&[u8]>, TileError> {
    let mut entries = BundleEntries::new(content);
    let found: Vec<&[u8]> = entries.by_ref().collect();
    let rest = entries.rest().len();
    if rest != 0 || found.len() != usize::from(path.width()) {
        return Err(TileError::Bundle {
            expected: path.width(),
            got: found.len(),
            rest,
        });
    }
    Ok(found)
}

/// Reads entries one by one, without a copy, from the part of a bundle that has arrived.
#[derive(Debug, Clone)]
pub struct BundleEntries<'a> {
    rest: &'a [u8],
}

impl<'a> BundleEntries<'a> {
    /// Starts at the beginning of an entry.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What has not been read as an entry: after the last whole entry, nothing or the beginning of one that needs more
    /// bytes.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for BundleEntries<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (length, after) = self.rest.split_first_chunk::<2>()?;
        let (entry, rest) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        self.rest = rest;
        Some(entry)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::log::{canonical::MAX_ENTRY_BYTES, tile::TileKind};

    fn path(width: u16) -> TilePath {
        TilePath::new(TileKind::Entries, 0, width).unwrap()
    }

    #[test]
    fn each_entry_follows_its_length_in_two_bytes() {
        let bundle = encode_bundle([b"".as_slice(), b"a", &[7; 258]]).unwrap();
        assert_eq!(bundle[..7], [0, 0, 0, 1, b'a', 1, 2]);
        assert_eq!(
            decode_bundle(path(3), &bundle),
            Ok(vec![b"".as_slice(), b"a", &[7; 258]])
        );
    }

    #[test]
    fn the_largest_entry_fits_and_a_larger_one_is_refused() {
        let largest = vec![1; MAX_ENTRY_BYTES];
        let bundle = encode_bundle([&largest]).unwrap();
        assert_eq!(decode_bundle(path(1), &bundle), Ok(vec![&largest[..]]));
        assert_eq!(
            encode_bundle([vec![1; 65_536]]),
            Err(TileError::EntryTooLarge(65_536))
        );
    }

    #[test]
    fn a_bundle_that_is_cut_or_has_more_is_refused() {
        let bundle = encode_bundle(["one", "two"]).unwrap();
        for end in 0..bundle.len() {
            assert!(decode_bundle(path(2), &bundle[..end]).is_err());
        }
        assert_eq!(
            decode_bundle(path(1), &bundle),
            Err(TileError::Bundle {
                expected: 1,
                got: 2,
                rest: 0
            })
        );
        assert!(decode_bundle(path(3), &bundle).is_err());
        assert!(decode_bundle(path(2), &[&bundle[..], &[0]].concat()).is_err());
    }

    proptest! {
        #[test]
        fn a_bundle_gives_back_its_entries_however_it_arrives(
            entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 1..20),
            cut in any::<prop::sample::Index>(),
        ) {
            let bundle = encode_bundle(&entries).unwrap();
            let mut early = BundleEntries::new(&bundle[..cut.index(bundle.len())]);
            let mut read: Vec<&[u8]> = early.by_ref().collect();
            let seen = bundle.len().min(cut.index(bundle.len())).saturating_sub(early.rest().len());
            read.extend(BundleEntries::new(&bundle[seen..]));
            prop_assert_eq!(read, entries);
        }
    }
}
