//! From the written to the typed: a serde deserializer over nodes, so that every format has the same messages.

use serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeSeed, Error as _, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor,
        value::StringDeserializer,
    },
    forward_to_deserialize_any,
};

use super::{
    format,
    mistake::{Mistake, Step},
    node::{Entry, Node, Value},
};

/// Reads a type from what was written.
pub(super) fn read<'de, T: Deserialize<'de>>(node: Node) -> Result<T, Mistake> {
    T::deserialize(node)
}

/// A number that is asked for where there may be a word of the environment.
macro_rules! numbers {
    ($($method:ident $visit:ident $type:ty),*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
            match &self.value {
                Value::Word(word) => match word.trim().parse::<$type>() {
                    Ok(number) => visitor.$visit(number).map_err(|mistake: Mistake| mistake.at(&self.at)),
                    Err(_) => Err(Mistake::invalid_type(Unexpected::Str(""), &visitor).at(&self.at)),
                },
                _ => self.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Node {
    type Error = Mistake;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        let at = self.at;
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Integer(value) => match (u64::try_from(value), i64::try_from(value)) {
                (Ok(value), _) => visitor.visit_u64(value),
                (_, Ok(value)) => visitor.visit_i64(value),
                _ => Err(Mistake::custom("the number is too large")),
            },
            Value::Float(value) => visitor.visit_f64(value),
            Value::Text(text) | Value::Word(text) => visitor.visit_string(text),
            Value::List(list) => visitor.visit_seq(Items { items: list.into_iter(), number: 0 }),
            Value::Table(table) => visitor.visit_map(Keys { entries: table.0.into_iter(), entry: None }),
        }
        .map_err(|mistake| mistake.at(&at))
    }

    numbers!(deserialize_u8 visit_u64 u64, deserialize_u16 visit_u64 u64, deserialize_u32 visit_u64 u64, deserialize_u64 visit_u64 u64,
        deserialize_i8 visit_i64 i64, deserialize_i16 visit_i64 i64, deserialize_i32 visit_i64 i64, deserialize_i64 visit_i64 i64,
        deserialize_f32 visit_f64 f64, deserialize_f64 visit_f64 f64, deserialize_bool visit_bool bool);

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        if matches!(self.value, Value::Null) { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_seq<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Mistake> {
        match &self.value {
            Value::Null => self.value = Value::List(Vec::new()),
            Value::Word(word) => self.value = Value::List(format::words(word, &self.at)?),
            _ => {}
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Mistake> {
        match &self.value {
            Value::Null => self.value = Value::Table(super::node::Table::default()),
            Value::Word(word) if word.trim_start().starts_with('{') => self = format::inline(word, &self.at)?,
            _ => {}
        }
        self.deserialize_any(visitor)
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
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        let kind = self.kind();
        let result = match self.value {
            Value::Text(text) | Value::Word(text) => {
                let text: StringDeserializer<Mistake> = text.into_deserializer();
                visitor.visit_enum(text)
            }
            _ => Err(Mistake::custom(format_args!("expected a text, found {kind}"))),
        };
        result.map_err(|mistake| mistake.at(&self.at))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Mistake> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }
}

struct Items {
    items: std::vec::IntoIter<Node>,
    number: usize,
}

impl<'de> SeqAccess<'de> for Items {
    type Error = Mistake;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Mistake> {
        let Some(item) = self.items.next() else { return Ok(None) };
        let (number, at) = (self.number, item.at.clone());
        self.number += 1;
        seed.deserialize(item).map(Some).map_err(|mistake| mistake.at(&at).below(Step::Number(number)))
    }
}

struct Keys {
    entries: std::vec::IntoIter<Entry>,
    /// The one whose key was given last.
    entry: Option<Entry>,
}

impl<'de> MapAccess<'de> for Keys {
    type Error = Mistake;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Mistake> {
        let Some(entry) = self.entries.next() else { return Ok(None) };
        let key: StringDeserializer<Mistake> = entry.key.clone().into_deserializer();
        let key = seed.deserialize(key).map_err(|mistake| mistake.at(&entry.at))?;
        self.entry = Some(entry);
        Ok(Some(key))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Mistake> {
        let Some(Entry { key, node, .. }) = self.entry.take() else {
            return Err(Mistake::custom("a value was asked for before its key"));
        };
        let at = node.at.clone();
        seed.deserialize(node).map_err(|mistake| mistake.at(&at).below(Step::Key(key)))
    }
}
