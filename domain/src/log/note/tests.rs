//! Known answers: the example of C2SP signed-note and the keys and notes that Go's sumdb/note documents.

use proptest::prelude::*;

use super::*;

const SPEC_KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const SPEC_NOTE: &str = "This is an example message.\n\n\u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
const GO_SEED: &str = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const GO_KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const GO_OTHER_KEY: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
const GO_TEXT: &str = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const GO_LINE: &str = "\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";
const GO_OTHER_LINE: &str = "\u{2014} EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=";

fn key(text: &str) -> VerifierKey {
    text.parse().unwrap()
}

fn go_signer() -> NoteSigner {
    let typed = STANDARD.decode(GO_SEED).unwrap();
    NoteSigner::from_seed(
        "PeterNeumann".parse().unwrap(),
        typed[1..].try_into().unwrap(),
    )
}

fn go_note() -> String {
    format!("{GO_TEXT}\n{GO_LINE}\n{GO_OTHER_LINE}\n")
}

#[test]
fn the_example_of_the_specification_verifies() {
    let key = key(SPEC_KEY);
    assert_eq!(key.to_string(), SPEC_KEY);
    assert_eq!(key.id().to_string(), "530d903a");
    let note = SignedNote::parse(SPEC_NOTE.as_bytes()).unwrap();
    assert_eq!(note.text(), "This is an example message.\n");
    assert_eq!(note.to_string(), SPEC_NOTE);
    assert_eq!(note.verify(std::slice::from_ref(&key)), Ok(vec![&key]));
}

#[test]
fn signing_gives_the_bytes_that_go_gives() {
    let signer = go_signer();
    assert_eq!(signer.verifier_key().to_string(), GO_KEY);
    let note = SignedNote::sign(GO_TEXT.to_owned(), &signer).unwrap();
    assert_eq!(note.to_string(), format!("{GO_TEXT}\n{GO_LINE}\n"));
    assert_eq!(format!("{signer:?}"), format!("NoteSigner({GO_KEY})"));
}

#[test]
fn lines_of_unknown_keys_are_passed_over() {
    let note = SignedNote::parse(go_note().as_bytes()).unwrap();
    let keys = [key(GO_OTHER_KEY), key(SPEC_KEY), key(GO_KEY)];
    assert_eq!(note.verify(&keys), Ok(vec![&keys[0], &keys[2]]));
    assert_eq!(note.verify(&keys[2..]), Ok(vec![&keys[2]]));
    assert_eq!(note.verify(&keys[1..2]), Err(NoteError::NoKnownKey));
    assert_eq!(note.verify(&[]), Err(NoteError::NoKnownKey));
}

#[test]
fn one_wrong_signature_of_a_known_key_refuses_the_note() {
    let altered = go_note().replace("pAcE", "pAcF");
    let note = SignedNote::parse(altered.as_bytes()).unwrap();
    let keys = [key(GO_OTHER_KEY), key(GO_KEY)];
    assert!(matches!(
        note.verify(&keys),
        Err(NoteError::BadSignature { .. })
    ));
    assert!(note.verify(&keys[..1]).is_ok());
}

#[test]
fn a_signature_line_is_added_once() {
    let mut note = SignedNote::sign(GO_TEXT.to_owned(), &go_signer()).unwrap();
    for _ in 0..2 {
        note.add_signature(GO_LINE.parse().unwrap());
        note.add_signature(GO_OTHER_LINE.parse().unwrap());
    }
    assert_eq!(note.to_string(), go_note());
}

#[test]
fn a_note_altered_in_any_byte_is_refused() {
    let keys = [key(SPEC_KEY)];
    for at in 0..SPEC_NOTE.len() {
        for change in 1..=255_u8 {
            let mut bytes = SPEC_NOTE.as_bytes().to_vec();
            bytes[at] ^= change;
            let verified = SignedNote::parse(&bytes).and_then(|note| {
                note.verify(&keys)?;
                Ok(())
            });
            assert!(verified.is_err(), "byte {at} xor {change}");
        }
    }
    for end in 0..SPEC_NOTE.len() {
        assert!(SignedNote::parse(&SPEC_NOTE.as_bytes()[..end]).is_err());
    }
}

#[test]
fn a_key_altered_or_cut_anywhere_is_refused() {
    for at in 0..GO_KEY.len() {
        for change in 1..=255_u8 {
            let mut bytes = GO_KEY.as_bytes().to_vec();
            bytes[at] ^= change;
            if let Ok(text) = String::from_utf8(bytes) {
                assert!(text.parse::<VerifierKey>().is_err(), "{text}");
            }
        }
        for end in at..GO_KEY.len() {
            assert!(GO_KEY[at..end].parse::<VerifierKey>().is_err());
        }
    }
}

#[test]
fn keys_of_another_type_or_length_and_weak_keys_are_refused() {
    // The first two are well formed with matching ids (from Go's documentation): too long, and of an unknown type.
    for text in [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+",
    ] {
        assert!(matches!(
            text.parse::<VerifierKey>(),
            Err(NoteError::VerifierKey { .. })
        ));
    }
    // The neutral point: every signature with R = s·B would verify under it.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let name: KeyName = "weak".parse().unwrap();
    let weak = VerifierKey {
        id: KeyId::of(
            &name,
            KeyKind::Note,
            &VerifyingKey::from_bytes(&neutral).unwrap(),
        ),
        kind: KeyKind::Note,
        key: VerifyingKey::from_bytes(&neutral).unwrap(),
        name,
    };
    assert!(weak.to_string().parse::<VerifierKey>().is_err());
}

#[test]
fn names_and_texts_that_would_break_the_form_are_refused() {
    for name in [
        "",
        " ",
        "a b",
        "a+b",
        "a\u{a0}b",
        "a\u{2003}b",
        "a\nb",
        "a\u{7f}",
    ] {
        assert_eq!(
            name.parse::<KeyName>(),
            Err(NoteError::KeyName(name.to_owned()))
        );
    }
    for text in ["", "no newline", "tab\there\n", "return\r\n", "null\0\n"] {
        assert_eq!(
            SignedNote::sign(text.to_owned(), &go_signer()),
            Err(NoteError::Text)
        );
    }
}

#[test]
fn other_forms_of_a_note_are_refused() {
    for bytes in [
        String::new(),
        "\n\n".to_owned(),
        format!("{GO_TEXT}{GO_LINE}\n"),
        format!("{GO_TEXT}\n{GO_LINE}"),
        format!("{GO_TEXT}\n{GO_LINE}\n\n"),
        format!("{GO_TEXT}\n{GO_LINE}\r\n"),
        format!("{GO_TEXT}\n{}\n", GO_LINE.replace('\u{2014}', "-")),
        format!("{GO_TEXT}\n{}\n", GO_LINE.replace(' ', "  ")),
        format!("{GO_TEXT}\n{}\n", GO_LINE.trim_end_matches('=')),
        format!("{GO_TEXT}\n\u{2014} PeterNeumann x08gow==\n"),
        format!("{GO_TEXT}\n\u{2014} PeterNeumann \n"),
        format!("{GO_TEXT}\n{}", format!("{GO_LINE}\n").repeat(101)),
        format!("{}\n\n{GO_LINE}\n", "x".repeat(MAX_NOTE_BYTES)),
    ] {
        assert!(
            matches!(
                SignedNote::parse(bytes.as_bytes()),
                Err(NoteError::Malformed { .. })
            ),
            "{bytes:.200}"
        );
    }
    assert!(SignedNote::parse(b"\xff\n\n").is_err());
}

#[test]
fn the_text_may_hold_empty_lines_and_lines_that_look_like_signatures() {
    let text = format!("a\n\n{GO_OTHER_LINE}\n\nb\n");
    let note = SignedNote::sign(text.clone(), &go_signer()).unwrap();
    let read = SignedNote::parse(note.to_string().as_bytes()).unwrap();
    assert_eq!(read.text(), text);
    assert_eq!(read, note);
}

proptest! {
    #[test]
    fn what_is_signed_verifies_and_prints_as_it_was_read(seed in any::<[u8; 32]>(), body in "[^\\p{Cc}]{0,80}") {
        let signer = NoteSigner::from_seed("registry.example/log".parse().unwrap(), &seed);
        let key: VerifierKey = signer.verifier_key().to_string().parse().unwrap();
        let note = SignedNote::sign(format!("{body}\n"), &signer).unwrap();
        let read = SignedNote::parse(note.to_string().as_bytes()).unwrap();
        prop_assert_eq!(&read, &note);
        prop_assert!(read.verify(&[key]).is_ok());
    }

    #[test]
    fn any_bytes_are_read_or_refused_without_a_panic(text in "([ -~]{0,9}\n){0,3}\n(\u{2014} [a-z]{0,3} [A-Za-z0-9+/]{4,12}={0,2}\n){0,3}") {
        if let Ok(note) = SignedNote::parse(text.as_bytes()) {
            prop_assert_eq!(note.to_string(), text);
        }
    }
}

#[test]
fn a_witness_signs_the_head_with_its_time() {
    let witness = NoteSigner::witness_from_seed("w.example".parse().unwrap(), &[5; 32]);
    let vkey = witness.verifier_key().clone();
    assert_eq!(vkey.to_string().parse(), Ok(vkey.clone()));
    let log = go_signer();
    let mut note = SignedNote::sign(GO_TEXT.to_owned(), &log).unwrap();
    note.add_signature(witness.cosign(GO_TEXT, 1_700_000_000));
    let keys = [log.verifier_key().clone(), vkey.clone()];
    assert_eq!(note.verify(&keys).unwrap().len(), 2);
    // Another time, or the same bytes as a note's own signature, are another statement.
    let mut later = SignedNote::sign(GO_TEXT.to_owned(), &log).unwrap();
    let mut line = witness.cosign(GO_TEXT, 1_700_000_000);
    line.signature[7] ^= 1;
    later.add_signature(line);
    assert!(matches!(
        later.verify(&keys),
        Err(NoteError::BadSignature { .. })
    ));
    assert!(SignedNote::sign(GO_TEXT.to_owned(), &witness).is_err());
    let same = NoteSigner::from_seed("w.example".parse().unwrap(), &[5; 32]);
    assert_ne!(same.verifier_key().id(), vkey.id());
}
