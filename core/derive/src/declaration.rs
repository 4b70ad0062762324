//! What a declaration says: the attributes of a struct and its fields, parsed and checked. No code is written here.

use syn::{Data, DeriveInput, Error, Expr, Fields, Ident, LitInt, LitStr, Result, Type};

/// A range of versions as Kafka's schemas spell it: `3+`, `0-14`, `2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Versions {
    /// The first version.
    pub(crate) first: i16,
    /// The last version; none where the range is open.
    pub(crate) last: Option<i16>,
}

impl Versions {
    /// Every version.
    const ALL: Self = Self { first: 0, last: None };

    fn parse(literal: &LitStr) -> Result<Self> {
        let text = literal.value();
        let number = |digits: &str| {
            digits
                .parse::<i16>()
                .map_err(|_| Error::new(literal.span(), "versions are spelled `3+`, `0-14` or `2`"))
        };
        if let Some(first) = text.strip_suffix('+') {
            return Ok(Self { first: number(first)?, last: None });
        }
        let (first, last) = text.split_once('-').unwrap_or((&text, &text));
        let (first, last) = (number(first)?, number(last)?);
        if first > last {
            return Err(Error::new(literal.span(), "the first version is larger than the last"));
        }
        Ok(Self { first, last: Some(last) })
    }

    /// Whether every version of `other` is also one of these.
    fn covers(self, other: Self) -> bool {
        self.first <= other.first
            && match (self.last, other.last) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(mine), Some(theirs)) => theirs <= mine,
            }
    }
}

/// What `#[message(..)]` says of a whole message.
#[derive(Debug)]
pub(crate) struct Whole {
    /// The valid versions.
    pub(crate) versions: Versions,
    /// The flexible versions, if there are any.
    pub(crate) flexible: Option<Versions>,
}

/// One field.
pub(crate) struct Field {
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    pub(crate) versions: Versions,
    pub(crate) nullable: Option<Versions>,
    pub(crate) tag: Option<(u32, Versions)>,
    pub(crate) default: Option<Expr>,
}

/// A declared struct.
pub(crate) struct Declaration {
    pub(crate) name: Ident,
    pub(crate) whole: Option<Whole>,
    pub(crate) fields: Vec<Field>,
}

impl Declaration {
    /// Reads the declaration.
    ///
    /// # Errors
    /// A compile error at the place that is wrong.
    pub(crate) fn parse(input: &DeriveInput) -> Result<Self> {
        let Data::Struct(data) = &input.data else {
            return Err(Error::new_spanned(input, "a message is a struct"));
        };
        let Fields::Named(fields) = &data.fields else {
            return Err(Error::new_spanned(input, "a message's fields have names"));
        };
        if !input.generics.params.is_empty() {
            return Err(Error::new_spanned(&input.generics, "a message has no parameters"));
        }
        let mut parsed = Vec::new();
        for field in &fields.named {
            parsed.push(Field::parse(field)?);
        }
        Ok(Self { name: input.ident.clone(), whole: parse_whole(input)?, fields: parsed })
    }
}

fn parse_whole(input: &DeriveInput) -> Result<Option<Whole>> {
    let mut whole = None;
    for attribute in input.attrs.iter().filter(|attribute| attribute.path().is_ident("message")) {
        let (mut versions, mut flexible) = (None, None);
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("versions") {
                versions = Some(Versions::parse(&meta.value()?.parse()?)?);
            } else if meta.path.is_ident("flexible") {
                flexible = Some(Versions::parse(&meta.value()?.parse()?)?);
            } else {
                return Err(meta.error("only `versions` and `flexible` are said of a message"));
            }
            Ok(())
        })?;
        let versions = versions
            .ok_or_else(|| Error::new_spanned(attribute, "a message says its `versions`"))?;
        whole = Some(Whole { versions, flexible });
    }
    Ok(whole)
}

impl Field {
    fn parse(field: &syn::Field) -> Result<Self> {
        let name =
            field.ident.clone().ok_or_else(|| Error::new_spanned(field, "a field has a name"))?;
        let (mut versions, mut nullable, mut tag, mut tagged, mut default) =
            (Versions::ALL, None, None, None, None);
        for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("field")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("versions") {
                    versions = Versions::parse(&meta.value()?.parse()?)?;
                } else if meta.path.is_ident("nullable") {
                    nullable = Some(Versions::parse(&meta.value()?.parse()?)?);
                } else if meta.path.is_ident("tag") {
                    tag = Some(meta.value()?.parse::<LitInt>()?.base10_parse::<u32>()?);
                } else if meta.path.is_ident("tagged") {
                    tagged = Some(Versions::parse(&meta.value()?.parse()?)?);
                } else if meta.path.is_ident("default") {
                    default = Some(meta.value()?.parse()?);
                } else {
                    return Err(meta
                        .error("a field has `versions`, `nullable`, `tag`, `tagged`, `default`"));
                }
                Ok(())
            })?;
        }
        let tag = match (tag, tagged) {
            (Some(tag), tagged) => Some((tag, tagged.unwrap_or(versions))),
            (None, None) => None,
            (None, Some(_)) => return Err(Error::new_spanned(&name, "`tagged` needs a `tag`")),
        };
        for inner in nullable.into_iter().chain(tag.map(|(_, tagged)| tagged)) {
            if !versions.covers(inner) {
                return Err(Error::new_spanned(
                    &name,
                    "null or tagged in a version that lacks the field",
                ));
            }
        }
        if is_option(&field.ty) != nullable.is_some() {
            return Err(Error::new_spanned(
                &field.ty,
                "an `Option` is what `nullable` needs, and nothing else does",
            ));
        }
        Ok(Self { name, ty: field.ty.clone(), versions, nullable, tag, default })
    }
}

fn is_option(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|segment| segment.ident == "Option")
}
