//! A small reader of CSV (RFC 4180): commas or semicolons as the first line has them, quotes, and the number of each line.

/// A record with the line on which it begins, from 1.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) line: usize,
    pub(super) fields: Vec<String>,
}

/// Quotes that do not fit, on a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unreadable(pub(super) usize);

/// The records of a text. Lines without any text are left out.
pub(super) fn records(text: &str) -> Result<Vec<Record>, Unreadable> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let header = text.lines().next().unwrap_or_default();
    let separator = if header.contains(';') && !header.contains(',') {
        ';'
    } else {
        ','
    };
    let mut reader = Reader {
        records: Vec::new(),
        fields: Vec::new(),
        field: String::new(),
        line: 1,
        began: 1,
    };
    let mut chars = text.chars().peekable();
    let mut quoted = false;
    let mut closed = false;
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                reader.field.push('"');
            }
            '"' if quoted => (quoted, closed) = (false, true),
            '"' if reader.field.is_empty() && !closed => quoted = true,
            '"' => return Err(Unreadable(reader.line)),
            c if quoted => {
                reader.line += usize::from(c == '\n');
                reader.field.push(c);
            }
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' => {
                closed = false;
                reader.end_record();
            }
            c if c == separator => {
                closed = false;
                reader.end_field();
            }
            // Only a separator or the end of the line follows a closing quote.
            _ if closed => return Err(Unreadable(reader.line)),
            c => reader.field.push(c),
        }
    }
    if quoted {
        return Err(Unreadable(reader.began));
    }
    reader.end_record();
    Ok(reader.records)
}

struct Reader {
    records: Vec<Record>,
    fields: Vec<String>,
    field: String,
    line: usize,
    began: usize,
}

impl Reader {
    fn end_field(&mut self) {
        let field = std::mem::take(&mut self.field);
        self.fields.push(field.trim().to_owned());
    }

    fn end_record(&mut self) {
        self.end_field();
        let fields = std::mem::take(&mut self.fields);
        if fields.iter().any(|field| !field.is_empty()) {
            let line = self.began;
            self.records.push(Record { line, fields });
        }
        self.line += 1;
        self.began = self.line;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fields(text: &str) -> Vec<(usize, Vec<String>)> {
        let records = records(text).unwrap();
        records
            .into_iter()
            .map(|record| (record.line, record.fields))
            .collect()
    }

    #[test]
    fn records_know_their_line_also_behind_quoted_line_breaks() {
        let text = "\u{feff}a,b\r\n\"x, \"\"y\"\"\n\",2\r\n\r\n 3 ,4";
        let expected = [
            (1, vec!["a", "b"]),
            (2, vec!["x, \"y\"", "2"]),
            (5, vec!["3", "4"]),
        ];
        let expected =
            expected.map(|(line, fields)| (line, fields.into_iter().map(str::to_owned).collect()));
        assert_eq!(fields(text), expected);
        assert_eq!(fields("a;b\n1,5;2")[1].1, ["1,5", "2"]);
        assert_eq!(fields(""), []);
    }

    #[test]
    fn quotes_that_do_not_fit_are_named_by_their_line() {
        assert_eq!(records("a\n\"x"), Err(Unreadable(2)));
        assert_eq!(records("a\nx\"y"), Err(Unreadable(2)));
        assert_eq!(records("a\n\n\"x\"y"), Err(Unreadable(3)));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[a-z,;\"\r\n ]{0,60}") {
            let _ = records(&text);
        }

        #[test]
        fn what_is_quoted_comes_back(values in prop::collection::vec("[a-z,\";\n]{0,8}[a-z]", 1..5)) {
            let quoted: Vec<String> = values.iter().map(|v| format!("\"{}\"", v.replace('"', "\"\""))).collect();
            let text = format!("a,b\n{}", quoted.join(","));
            let trimmed: Vec<String> = values.iter().map(|v| v.trim().to_owned()).collect();
            prop_assert_eq!(&fields(&text)[1].1, &trimmed);
        }
    }
}
