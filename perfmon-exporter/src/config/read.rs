//! From the written to the typed: a serde deserializer over nodes, so that every format has the same messages.
//!
//! serde ends with the first mistake. So what is wrong is noted, taken out of the tree, and the rest is read again, until nothing is wrong any more.

use std::{iter::Enumerate, slice};

use serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeSeed, Error as _, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor,
        value::StrDeserializer,
    },
    forward_to_deserialize_any,
};

use super::{
    format,
    mistake::{Mistake, Step},
    mistakes::Mistakes,
    node::{Entry, Node, Table, Value},
    take_out::Taken,
};

/// Reads a type from what was written; `None` when there are mistakes that do not even let the rest be read.
pub(super) fn read<'de, T: Deserialize<'de>>(mut root: Node, mistakes: &mut Mistakes) -> Option<T> {
    while !mistakes.are_enough() {
        match T::deserialize(&root) {
            Ok(value) => return Some(value),
            Err(mistake) => match root.take_out(&mistake) {
                Taken::New => mistakes.add(mistake.with_section()),
                Taken::Consequence => {}
                Taken::Nothing => {
                    mistakes.add(mistake);
                    return None;
                }
            },
        }
    }
    None
}

/// A number that is asked for where there may be a word of the environment.
macro_rules! numbers {
    ($($method:ident $visit:ident $type:ty),*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
            match &self.value {
                Value::Word(word) => match word.trim().parse::<$type>() {
                    Ok(number) => visitor.$visit(number).map_err(|mistake: Mistake| mistake.at(&self.at)),
                    Err(_) => visitor.visit_str(word).map_err(|mistake: Mistake| mistake.at(&self.at)),
                },
                Value::Told => visitor.$visit(<$type>::default()),
                _ => self.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for &Node {
    type Error = Mistake;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match &self.value {
            Value::Null | Value::Told | Value::Gone => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Integer(value) => match (u64::try_from(*value), i64::try_from(*value)) {
                (Ok(value), _) => visitor.visit_u64(value),
                (_, Ok(value)) => visitor.visit_i64(value),
                _ => Err(Mistake::custom("the number is too large")),
            },
            Value::Float(value) => visitor.visit_f64(*value),
            Value::Text(text) | Value::Word(text) => visitor.visit_str(text),
            Value::List(list) => visitor.visit_seq(Items(list.iter().enumerate())),
            Value::Table(table) => visitor.visit_map(Keys { entries: table.0.iter(), entry: None }),
        }
        .map_err(|mistake| mistake.at(&self.at))
    }

    numbers!(deserialize_u8 visit_u64 u64, deserialize_u16 visit_u64 u64, deserialize_u32 visit_u64 u64, deserialize_u64 visit_u64 u64,
        deserialize_i8 visit_i64 i64, deserialize_i16 visit_i64 i64, deserialize_i32 visit_i64 i64, deserialize_i64 visit_i64 i64,
        deserialize_f32 visit_f64 f64, deserialize_f64 visit_f64 f64, deserialize_bool visit_bool bool);

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        if matches!(self.value, Value::Told) { visitor.visit_str("") } else { self.deserialize_any(visitor) }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        if matches!(self.value, Value::Null | Value::Told) { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        let list = match &self.value {
            Value::Null | Value::Told => Vec::new(),
            Value::Word(word) => format::words(word, &self.at)?,
            _ => return self.deserialize_any(visitor),
        };
        Node::new(Value::List(list), self.at.clone()).deserialize_any(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match &self.value {
            Value::Null | Value::Told => {
                Node::new(Value::Table(Table::default()), self.at.clone()).deserialize_any(visitor)
            }
            Value::Word(word) if word.trim_start().starts_with('{') => {
                format::inline(word, &self.at)?.deserialize_any(visitor)
            }
            // serde would take its items for the values of keys.
            Value::List(_) => Err(Mistake::invalid_type(Unexpected::Seq, &visitor).at(&self.at)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        let variant = match (&self.value, variants) {
            (Value::Text(text) | Value::Word(text), _) => text.as_str(),
            (Value::Told, [any, ..]) => any,
            _ => {
                let found = self.kind();
                return Err(Mistake::custom(format_args!("expected a text, found {found}")).at(&self.at));
            }
        };
        let variant: StrDeserializer<'_, Mistake> = variant.into_deserializer();
        visitor.visit_enum(variant).map_err(|mistake| mistake.at(&self.at))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Mistake> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }
}

struct Items<'a>(Enumerate<slice::Iter<'a, Node>>);

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Mistake;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Mistake> {
        let Some((number, item)) = self.0.find(|(_, item)| !item.is_gone()) else { return Ok(None) };
        seed.deserialize(item).map(Some).map_err(|mistake| mistake.at(&item.at).hide(item).below(Step::Number(number)))
    }
}

struct Keys<'a> {
    entries: slice::Iter<'a, Entry>,
    /// The one whose key was given last.
    entry: Option<&'a Entry>,
}

impl<'de> MapAccess<'de> for Keys<'_> {
    type Error = Mistake;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Mistake> {
        self.entry = self.entries.find(|entry| !entry.node.is_gone());
        let Some(entry) = self.entry else { return Ok(None) };
        let key: StrDeserializer<'_, Mistake> = entry.key.as_str().into_deserializer();
        seed.deserialize(key).map(Some).map_err(|mistake| mistake.at(&entry.at))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Mistake> {
        let Some(Entry { key, node, .. }) = self.entry.take() else {
            return Err(Mistake::custom("a value was asked for before its key"));
        };
        seed.deserialize(node).map_err(|mistake| mistake.at(&node.at).hide(node).below(Step::Key(key.clone())))
    }
}
