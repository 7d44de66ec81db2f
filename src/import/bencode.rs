//! Bencode (BEP 3): values that borrow from their text, and know where they stand in it.

use std::collections::BTreeMap;
use std::ops::Range;

/// How deep lists and dictionaries may nest.
const DEEPEST: u32 = 32;

/// A value and the bytes that it was read from.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Value<'a> {
    pub(super) span: Range<usize>,
    pub(super) kind: Kind<'a>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    Integer(i64),
    Bytes(&'a [u8]),
    List(Vec<Value<'a>>),
    Dictionary(BTreeMap<&'a [u8], Value<'a>>),
}

/// The place of the first byte that makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed(pub(super) usize);

/// Reads the value that a text begins with; what follows is left alone.
pub(super) fn read(text: &[u8]) -> Result<Value<'_>, Malformed> {
    Reader { text, at: 0 }.value(DEEPEST)
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Result<u8, Malformed> {
        self.text.get(self.at).copied().ok_or(Malformed(self.at))
    }

    /// The digits up to `end`, which is passed.
    fn number(&mut self, end: u8) -> Result<i64, Malformed> {
        let start = self.at;
        while self.peek()? != end {
            self.at += 1;
            if 20 < self.at - start {
                return Err(Malformed(start));
            }
        }
        let digits = std::str::from_utf8(&self.text[start..self.at]).ok();
        self.at += 1;
        digits.and_then(|digits| digits.parse().ok()).ok_or(Malformed(start))
    }

    fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let start = self.at;
        let length = usize::try_from(self.number(b':')?).map_err(|_| Malformed(start))?;
        let end = self.at.checked_add(length).filter(|&end| end <= self.text.len());
        let end = end.ok_or(Malformed(start))?;
        let bytes = &self.text[self.at..end];
        self.at = end;
        Ok(bytes)
    }

    fn value(&mut self, deeper: u32) -> Result<Value<'a>, Malformed> {
        let start = self.at;
        let deeper = deeper.checked_sub(1).ok_or(Malformed(start))?;
        let kind = match self.peek()? {
            b'i' => {
                self.at += 1;
                Kind::Integer(self.number(b'e')?)
            }
            b'l' => {
                self.at += 1;
                let mut list = Vec::new();
                while self.peek()? != b'e' {
                    list.push(self.value(deeper)?);
                }
                self.at += 1;
                Kind::List(list)
            }
            b'd' => {
                self.at += 1;
                let mut fields = BTreeMap::new();
                while self.peek()? != b'e' {
                    let name = self.bytes()?;
                    fields.insert(name, self.value(deeper)?);
                }
                self.at += 1;
                Kind::Dictionary(fields)
            }
            b'0'..=b'9' => Kind::Bytes(self.bytes()?),
            _ => return Err(Malformed(start)),
        };
        Ok(Value { span: start..self.at, kind })
    }
}

impl<'a> Value<'a> {
    pub(super) fn get(&self, name: &str) -> Option<&Value<'a>> {
        match &self.kind {
            Kind::Dictionary(fields) => fields.get(name.as_bytes()),
            _ => None,
        }
    }

    pub(super) fn bytes(&self) -> Option<&'a [u8]> {
        match self.kind {
            Kind::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    pub(super) fn whole(&self) -> Option<u64> {
        match self.kind {
            Kind::Integer(number) => u64::try_from(number).ok(),
            _ => None,
        }
    }

    pub(super) fn list(&self) -> &[Value<'a>] {
        match &self.kind {
            Kind::List(list) => list,
            _ => &[],
        }
    }
}
