//! The readers over the real files that the project collected. They are not part of the repository: the tests look for
//! them beside it, or where `COMMONWEAL_SHARED` points, and say loudly when they are not there.

use std::fs::{self, File};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use commonweal_domain::award_check::{Verdict, check};

use super::*;

/// The folder of the collected OCDS files.
pub(crate) fn ocds_folder() -> Option<PathBuf> {
    #[expect(
        clippy::disallowed_methods,
        reason = "where the files lie is a matter of the machine the tests run on"
    )]
    let shared = std::env::var("COMMONWEAL_SHARED").map_or_else(
        |_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        PathBuf::from,
    );
    let folder = shared.join("data/ocds/dev");
    if folder.is_dir() {
        return Some(folder);
    }
    println!(
        "SKIPPED: no collected files at {}; set COMMONWEAL_SHARED",
        folder.display()
    );
    None
}

/// Every file in a folder and below it.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn read_all(path: &Path) -> (Vec<Record>, Result<(), StreamError>) {
    let mut records = Vec::new();
    let end = read(File::open(path).unwrap(), &mut |record| {
        records.push(record);
        ControlFlow::Continue(())
    });
    (records, end)
}

#[test]
fn every_collected_json_file_is_read_to_its_end() {
    let Some(folder) = ocds_folder() else { return };
    for path in files_below(&folder) {
        let (records, end) = read_all(&path);
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            end.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let releases: usize = records.iter().map(|record| record.releases.len()).sum();
            assert!(releases > 0, "{}: {records:?}", path.display());
            for record in &records {
                assert_eq!(record.problems, [], "{}", path.display());
                for contest in record.releases.iter().flat_map(Release::contests) {
                    check(&contest);
                }
            }
        } else {
            assert!(
                matches!(end, Err(StreamError::NotJson(_))),
                "{}",
                path.display()
            );
            assert!(records.is_empty());
        }
    }
}

#[test]
fn the_two_encodings_of_one_file_hold_the_same_words() {
    let Some(folder) = ocds_folder() else { return };
    let buyers = |name: &str| -> Vec<Option<String>> {
        let (records, end) = read_all(&folder.join("mexico-cdmx").join(name));
        end.unwrap();
        let releases = records.into_iter().flat_map(|record| record.releases);
        releases
            .map(|release| release.buyer.map(|buyer| buyer.name))
            .collect()
    };
    let latin = buyers("release-package_encoding-iso-8859-1.json");
    let mut matched = 0;
    for name in latin.iter().flatten() {
        assert!(!name.contains('\u{fffd}') && !name.contains('Ã'), "{name}");
        matched += usize::from(name.chars().any(|char| "ÁÉÍÓÚÑ".contains(char)));
    }
    assert!(matched > 0, "{latin:?}");
}

#[test]
fn the_award_of_each_tsuchiura_auction_is_recomputed() {
    let Some(folder) = ocds_folder() else { return };
    let (records, end) = read_all(&folder.join("japan-tsuchiura/derived-ocds.json"));
    end.unwrap();
    let (mut agrees, mut differs, mut cannot_tell, mut minimum, mut ties) = (0, 0, 0, 0, 0);
    for contest in records
        .iter()
        .flat_map(|record| &record.releases)
        .flat_map(Release::contests)
    {
        let finding = check(&contest);
        match finding.verdict {
            Verdict::Agrees { .. } => agrees += 1,
            Verdict::Differs(_) => differs += 1,
            Verdict::CannotTell(doubt) => {
                assert_eq!(doubt.code(), "fewerThanTwoPricedBids");
                cannot_tell += 1;
            }
        }
        let noted = |code: &str| {
            finding
                .notes
                .iter()
                .filter(|note| note.code() == code)
                .count()
        };
        minimum += noted("thanksToMinimum");
        ties += noted("tieAmongLowest");
    }
    assert_eq!(
        (agrees, differs, cannot_tell, minimum, ties),
        (183, 0, 13, 13, 2)
    );
}
