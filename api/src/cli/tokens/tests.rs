//! The command on small files, with a fast hash but for one.

use super::*;

const ORIGIN: &str = "city.example/log";

fn file(csv: &str) -> BeneficiaryFile {
    hashed(&rows(csv).unwrap(), ORIGIN, 4).unwrap()
}

fn wrong(csv: &str) -> String {
    rows(csv).err().unwrap().to_string()
}

#[test]
fn the_same_person_has_the_same_hash_however_the_number_is_written() {
    let one = file("register,number,from,to\nGB-NINO,QQ 12 34 56 C,2026-01-01,2026-02-01\n");
    let other = file("Number;To;From;Register\nqq-123456-c;2026-07-01;2026-06-01;GB-NINO\n");
    assert_eq!(one.people[0].person, other.people[0].person);
    assert_eq!(one.scheme, "scrypt-15-8-1 city.example/log");
    let foreign = file("register,number,from,to\nKR-RRN,QQ123456C,2026-01-01,2026-02-01\n");
    assert_ne!(one.people[0].person, foreign.people[0].person);
    let rows = rows("register,number,from,to\nGB-NINO,QQ123456C,2026-01-01,2026-02-01\n").unwrap();
    let elsewhere = hashed(&rows, "town.example/log", 4).unwrap();
    assert_ne!(one.people[0].person, elsewhere.people[0].person);
}

#[test]
fn what_is_printed_is_the_file_that_the_registry_reads_and_holds_no_number() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("people.csv");
    let text = "register,number,from,to,started,kind\nGB-NINO,QQ123456C,2026-01-01,2026-02-01,2025-12-01,disabled\n";
    std::fs::write(&path, text).unwrap();
    let args = Args {
        file: path,
        origin: ORIGIN.to_owned(),
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    run(&args, &mut out, &mut err).unwrap();
    let printed = String::from_utf8(out).unwrap();
    assert!(!printed.contains("QQ123456C") && !printed.contains("qq123456c"));
    let file: BeneficiaryFile = serde_json::from_str(&printed).unwrap();
    // scrypt of `gbnino:qq123456c`, computed with OpenSSL.
    assert_eq!(file.people[0].person.to_string(), EXPECTED);
    assert_eq!(file.people[0].kind.as_deref(), Some("disabled"));
    assert_eq!(String::from_utf8(err).unwrap(), "1 rows, 1 people\n");
}

const EXPECTED: &str = "3ff0a0a97a9153eb084317addcb38b26ecf60a17ab382e6727142ce812e91303";

#[test]
fn rows_are_in_the_order_of_their_hashes() {
    let row = |n| format!("KR-RRN,{n},2026-01-01,2026-02-01");
    let lines: Vec<String> = (100..120).map(row).collect();
    let people = file(&format!("register,number,from,to\n{}\n", lines.join("\n"))).people;
    assert_eq!(people.len(), 20);
    assert!(people.is_sorted_by(|a, b| a.person < b.person));
}

#[test]
fn wrong_rows_are_named_by_line_and_column_without_what_they_hold() {
    let header = "register,number,from,to,started,kind";
    let cases = [
        ("gb,123,2026-01-01,2026-02-01,,", "line 2, column register:"),
        ("GB-NINO,,2026-01-01,2026-02-01,,", "line 2, column number:"),
        (
            "GB-NINO,12\u{e9},2026-01-01,2026-02-01,,",
            "line 2, column number:",
        ),
        (
            "GB-NINO,123,01/02/2026,2026-02-01,,",
            "line 2, column from:",
        ),
        ("GB-NINO,123,2026-02-01,2026-02-01,,", "line 2, column to:"),
        (
            "GB-NINO,123,2026-01-01,2026-02-01,2026-01-02,",
            "line 2, column started:",
        ),
        (
            "GB-NINO,123,2026-01-01,2026-02-01,,Left handed",
            "line 2, column kind:",
        ),
        (
            "GB-NINO,123,2026-01-01,2026-02-01",
            "line 2, 4 columns, expected 6",
        ),
    ];
    for (row, expected) in cases {
        let told = wrong(&format!("{header}\n{row}\n"));
        assert!(told.contains(expected), "{told}");
        assert!(!told.contains("123") && !told.contains("handed"), "{told}");
    }
    let twice = wrong(
        "register,number,from,to\nA1,x,2026-01-01,2026-02-01\nA1,y,2026-01-01,2026-02-01\nA1,X,2026-01-31,2026-03-01\n",
    );
    assert!(
        twice.contains("line 4, column from: the same person has days in common in line 2"),
        "{twice}"
    );
}

#[test]
fn a_file_without_its_columns_or_rows_is_refused() {
    assert!(wrong("").contains("the file is empty"));
    assert!(wrong("number,from,to\n").contains("`register` is missing"));
    let unknown = wrong("register,number,from,to,name\nA1,1,2026-01-01,2026-02-01,Kim\n");
    assert!(unknown.contains("`name` is not expected"), "{unknown}");
    assert!(wrong("register,number,from,to\n").contains("0 rows"));
    assert!(wrong("register,number,from,to\n\"x").contains("line 2: a quote"));
    let args = Args {
        file: PathBuf::from("/nowhere.csv"),
        origin: "https://city.example".to_owned(),
    };
    let url = run(&args, &mut Vec::new(), &mut Vec::new()).unwrap_err();
    assert!(url.to_string().contains("checkpoint"), "{url}");
}
