//! The SQL that fills a ledger for the tests of its plans, and for the bench of its reads, which includes this file.

use std::ops::Range;

use uuid::Uuid;

/// The id of this number on either database, as [`statements`] writes it.
pub(crate) fn uuid(postgres: bool, number: u64) -> Uuid {
    let number = number + 1;
    if postgres {
        return Uuid::from_u128(u128::from(number));
    }
    let mut bytes = [0; 16];
    for (byte, digit) in bytes.iter_mut().zip(format!("{number:016}").bytes()) {
        *byte = digit;
    }
    Uuid::from_bytes(bytes)
}

/// Adds transfers at these indexes of the log, in equal parts among so many holders and batches, the balances beside them, and
/// for each transfer the account of somebody else, so that the table of balances grows too.
pub(crate) fn statements(postgres: bool, holders: u64, entries: &Range<u64>) -> Vec<String> {
    let (first, end) = (entries.start, entries.end);
    let (numbers, hash, analyze) = if postgres {
        (
            format!("generate_series({first}, {end} - 1) AS n(i)"),
            "decode(repeat('00', 32), 'hex')",
            "VACUUM ANALYZE",
        )
    } else {
        (
            format!(
                "(WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {end}) SELECT i FROM n)"
            ),
            "zeroblob(32)",
            "ANALYZE",
        )
    };
    let id = |number: &str| {
        if postgres {
            format!("lpad(to_hex(1 + ({number})), 32, '0')::uuid")
        } else {
            format!("CAST(printf('%016d', 1 + ({number})) AS BLOB)")
        }
    };
    let batch = id(&format!("i / {holders} % {holders}"));
    let (sender, receiver) = (
        id(&format!("i % {holders}")),
        id(&format!("(i + 1) % {holders}")),
    );
    let mut all = vec![format!(
        "INSERT INTO log_entry (idx, at, kind, subject, bytes, leaf_hash, commit_id) \
         SELECT i, 0, 'credits.transferred', '', {hash}, {hash}, {} FROM {numbers}",
        id("0")
    )];
    for (seq, holder, amount) in [(0, &sender, -1), (1, &receiver, 1)] {
        all.push(format!(
            "INSERT INTO posting (entry_idx, seq, batch_id, organisation_id, bucket, amount) \
             SELECT i, {seq}, {batch}, {holder}, 'available', {amount} FROM {numbers}"
        ));
    }
    all.push(format!(
        "INSERT INTO account (batch_id, organisation_id, bucket, balance) \
         SELECT DISTINCT {batch}, {receiver}, 'available', 1000 FROM {numbers} WHERE true ON CONFLICT DO NOTHING"
    ));
    let other = id("i + 1000");
    all.push(format!(
        "INSERT INTO account (batch_id, organisation_id, bucket, balance) \
         SELECT {other}, {other}, 'available', 1000 FROM {numbers}"
    ));
    all.push(analyze.to_owned());
    all
}
