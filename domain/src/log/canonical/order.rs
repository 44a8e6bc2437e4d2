//! The canonical form of a value, written in one pass and put in order after it: almost everything that is hashed or replayed
//! goes this way, and what this writer leaves open goes the long way of the module above.

use std::cell::{Cell, RefCell};
use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, Formatter};

use super::{MAX_DEPTH, MAX_JSON_INTEGER};

/// The canonical bytes of a value.
///
/// None where more has to be done than to write its members in order: a key that is not plain ASCII, which RFC 8785 sorts by
/// UTF-16, the same key twice, a number that is no exact integer, text that was JSON before, deep nesting; and a `null`, as
/// which a number that is not finite would be written too.
pub(super) fn write<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<Option<Vec<u8>>> {
    let seen = Seen::default();
    let mut text = Text {
        bytes: Vec::with_capacity(USUAL_BYTES),
        seen: &seen,
    };
    value.serialize(&mut Serializer::with_formatter(&mut text, Noting(&seen)))?;
    let mut bytes = text.bytes;
    let ordered = !seen.open.get() && seen.objects.borrow_mut().order(&mut bytes);
    Ok(ordered.then_some(bytes))
}

/// Room for most entries.
const USUAL_BYTES: usize = 1_024;

/// What was seen while a value was written.
#[derive(Default)]
struct Seen {
    /// Bytes written.
    length: Cell<usize>,
    /// Something is not canonical as it was written.
    open: Cell<bool>,
    objects: RefCell<Objects>,
}

/// Where a member of an object stands.
#[derive(Clone, Copy)]
struct Member {
    from: usize,
    key_to: usize,
    to: usize,
}

/// Where the members of all objects stand.
#[derive(Default)]
struct Objects {
    /// How many members were open when each open object or array began.
    begun: Vec<usize>,
    open: Vec<Member>,
    /// Members of the objects that have ended, inner objects first.
    ended: Vec<Member>,
    /// Up to where in `ended` each of them reaches.
    ends: Vec<usize>,
}

impl Objects {
    /// Puts the members of every object in order; false where that has no one answer.
    fn order(&mut self, text: &mut [u8]) -> bool {
        let (mut from, mut spare) = (0, Vec::new());
        self.ends.iter().all(|end| {
            let members = self.ended.get_mut(from..*end).unwrap_or_default();
            from = *end;
            order(text, members, &mut spare).is_some()
        })
    }
}

/// Puts the members of one object in order, with room for them on their way; none where they cannot be.
fn order(text: &mut [u8], members: &mut [Member], spare: &mut Vec<u8>) -> Option<()> {
    // Without the quotes: the one at the end would stand behind a space in the order.
    let key = |member: &Member| {
        let quoted = text.get(member.from..member.key_to).unwrap_or_default();
        quoted
            .strip_prefix(b"\"")
            .and_then(|key| key.strip_suffix(b"\""))
            .unwrap_or_default()
    };
    let plain = |key: &[u8]| key.is_ascii() && !key.contains(&b'\\');
    if !members.iter().all(|member| plain(key(member))) {
        return None;
    }
    let in_order =
        |members: &[Member]| members.is_sorted_by(|first, second| key(first) < key(second));
    if in_order(members) {
        return Some(());
    }
    let (start, end) = (members.first()?.from, members.last()?.to);
    members.sort_unstable_by(|first, second| key(first).cmp(key(second)));
    if !in_order(members) {
        return None;
    }
    spare.clear();
    for member in members {
        if !spare.is_empty() {
            spare.push(b',');
        }
        spare.extend_from_slice(text.get(member.from..member.to)?);
    }
    text.get_mut(start..end)?.copy_from_slice(spare);
    Some(())
}

/// The bytes, and how many they are for whoever cannot look at them.
struct Text<'s> {
    bytes: Vec<u8>,
    seen: &'s Seen,
}

impl Write for Text<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        self.seen.length.set(self.bytes.len());
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write(bytes).map(|_| ())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes compact JSON and notes where the members of objects stand.
struct Noting<'s>(&'s Seen);

impl Noting<'_> {
    fn leave_open(&self) {
        self.0.open.set(true);
    }

    fn begin(&self) {
        let mut objects = self.0.objects.borrow_mut();
        let members = objects.open.len();
        objects.begun.push(members);
        if objects.begun.len() >= MAX_DEPTH {
            self.leave_open();
        }
    }

    fn at(&self) -> usize {
        self.0.length.get()
    }
}

impl Formatter for Noting<'_> {
    fn write_null<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.leave_open();
        CompactFormatter.write_null(writer)
    }

    fn write_i64<W: ?Sized + Write>(&mut self, writer: &mut W, value: i64) -> io::Result<()> {
        if value.unsigned_abs() > MAX_JSON_INTEGER {
            self.leave_open();
        }
        CompactFormatter.write_i64(writer, value)
    }

    fn write_u64<W: ?Sized + Write>(&mut self, writer: &mut W, value: u64) -> io::Result<()> {
        if value > MAX_JSON_INTEGER {
            self.leave_open();
        }
        CompactFormatter.write_u64(writer, value)
    }

    fn write_i128<W: ?Sized + Write>(&mut self, writer: &mut W, value: i128) -> io::Result<()> {
        self.leave_open();
        CompactFormatter.write_i128(writer, value)
    }

    fn write_u128<W: ?Sized + Write>(&mut self, writer: &mut W, value: u128) -> io::Result<()> {
        self.leave_open();
        CompactFormatter.write_u128(writer, value)
    }

    fn write_f32<W: ?Sized + Write>(&mut self, writer: &mut W, value: f32) -> io::Result<()> {
        self.leave_open();
        CompactFormatter.write_f32(writer, value)
    }

    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        self.leave_open();
        CompactFormatter.write_f64(writer, value)
    }

    fn write_number_str<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        value: &str,
    ) -> io::Result<()> {
        self.leave_open();
        CompactFormatter.write_number_str(writer, value)
    }

    fn write_raw_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        self.leave_open();
        CompactFormatter.write_raw_fragment(writer, fragment)
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin();
        CompactFormatter.begin_array(writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.objects.borrow_mut().begun.pop();
        CompactFormatter.end_array(writer)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin();
        CompactFormatter.begin_object(writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        let objects = &mut *self.0.objects.borrow_mut();
        let first = objects.begun.pop().unwrap_or_default();
        objects.ended.extend(objects.open.drain(first..));
        objects.ends.push(objects.ended.len());
        CompactFormatter.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        CompactFormatter.begin_object_key(writer, first)?;
        let from = self.at();
        self.0.objects.borrow_mut().open.push(Member {
            from,
            key_to: from,
            to: from,
        });
        Ok(())
    }

    fn end_object_key<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        if let Some(member) = self.0.objects.borrow_mut().open.last_mut() {
            member.key_to = self.at();
        }
        Ok(())
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        if let Some(member) = self.0.objects.borrow_mut().open.last_mut() {
            member.to = self.at();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;
    use serde_json::value::RawValue;

    use super::*;

    fn text<T: Serialize + ?Sized>(value: &T) -> Option<String> {
        write(value)
            .unwrap()
            .map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[derive(Serialize)]
    enum Shape {
        Named { b: u8, a: u8 },
        One(Inner),
        Unit,
    }

    #[derive(Serialize)]
    struct Inner {
        z: &'static str,
        y: Vec<Shape>,
        x: BTreeMap<u8, i64>,
    }

    #[test]
    fn members_are_sorted_at_every_depth() {
        let inner = Inner {
            z: "\u{1f}\n\"\\/é}",
            y: vec![Shape::Named { b: 1, a: 2 }, Shape::Unit],
            x: BTreeMap::from([(7, -12)]),
        };
        assert_eq!(
            text(&[Shape::One(inner)]).unwrap(),
            r#"[{"One":{"x":{"7":-12},"y":[{"Named":{"a":2,"b":1}},"Unit"],"z":"\u001f\n\"\\/é}"}}]"#
        );
        assert_eq!(
            text(&json!({ "b": {}, "a": [[], true] })).unwrap(),
            r#"{"a":[[],true],"b":{}}"#
        );
    }

    #[test]
    fn what_is_not_canonical_as_it_is_written_is_left_open() {
        assert_eq!(text(&json!([null])), None);
        assert_eq!(text(&f64::NAN), None);
        assert_eq!(text(&1.0_f32), None);
        assert_eq!(text(&1_i128), None);
        assert_eq!(text(&json!({ "\u{e9}": 1 })), None);
        assert_eq!(text(&json!({ "\n": 1 })), None);
        assert_eq!(
            text(&RawValue::from_string("[ 1]".to_owned()).unwrap()),
            None
        );
        let deep = (0..MAX_DEPTH).fold(json!(1), |inner, _| json!([inner]));
        assert_eq!(text(&deep), None);
    }

    #[test]
    fn the_same_key_twice_is_left_open() {
        #[derive(Serialize)]
        struct Twice {
            price: u8,
            #[serde(flatten)]
            rest: BTreeMap<String, u8>,
        }
        for (key, open) in [("price", true), ("a", false)] {
            let rest = BTreeMap::from([("b".to_owned(), 3), (key.to_owned(), 2)]);
            assert_eq!(text(&Twice { price: 1, rest }).is_none(), open, "{key}");
        }
    }

    #[test]
    fn integers_end_where_readers_begin_to_round() {
        let largest = i64::try_from(MAX_JSON_INTEGER).unwrap();
        for fits in [largest, -largest, 0] {
            assert_eq!(text(&fits).unwrap(), fits.to_string());
        }
        for beyond in [largest + 1, -largest - 1] {
            assert_eq!(text(&beyond), None);
        }
        assert_eq!(text(&(MAX_JSON_INTEGER + 1)), None);
    }
}
