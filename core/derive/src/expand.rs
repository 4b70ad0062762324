//! The code that a declaration stands for. Which bytes a value takes is decided by `protocol::wire`, not here.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::declaration::{Declaration, Field, Versions};

/// Writes the implementations.
pub(crate) fn expand(declaration: &Declaration) -> TokenStream {
    let name = &declaration.name;
    let defaults = declaration.fields.iter().map(|field| {
        let (field_name, default) = (&field.name, default_of(field));
        quote! { #field_name: #default }
    });
    let (read, write, size) = (read(declaration), write(declaration), size(declaration));
    let message = message(declaration);
    quote! {
        #[automatically_derived]
        impl ::core::default::Default for #name {
            #[inline]
            fn default() -> Self {
                Self { #(#defaults,)* }
            }
        }

        #[automatically_derived]
        #[allow(clippy::all, unused_variables, unused_mut, unused_assignments, reason = "written by the derive")]
        impl crate::protocol::wire::Wire for #name {
            #read
            #write
            #size
        }

        #[automatically_derived]
        impl crate::protocol::wire::Structure for #name {}

        #message
    }
}

fn message(declaration: &Declaration) -> TokenStream {
    let Some(whole) = &declaration.whole else { return TokenStream::new() };
    let name = &declaration.name;
    let (first, last) = (whole.versions.first, whole.versions.last.unwrap_or(i16::MAX));
    let flexible = whole.flexible.map_or(quote!(::core::option::Option::None), |flexible| {
        let first = flexible.first;
        quote!(::core::option::Option::Some(#first))
    });
    quote! {
        #[automatically_derived]
        impl crate::protocol::wire::Message for #name {
            const VERSIONS: ::core::ops::RangeInclusive<i16> = #first..=#last;
            const FIRST_FLEXIBLE: ::core::option::Option<i16> = #flexible;
        }
    }
}

fn default_of(field: &Field) -> TokenStream {
    field
        .default
        .as_ref()
        .map_or_else(|| quote!(::core::default::Default::default()), |default| quote!(#default))
}

/// A condition on `version`; none where it always holds.
fn condition(versions: Versions) -> Option<TokenStream> {
    match (versions.first, versions.last) {
        (0, None) => None,
        (first, None) => Some(quote!(version >= #first)),
        (0, Some(last)) => Some(quote!(version <= #last)),
        (first, Some(last)) if first == last => Some(quote!(version == #first)),
        (first, Some(last)) => Some(quote!(version >= #first && version <= #last)),
    }
}

fn always(versions: Versions) -> TokenStream {
    condition(versions).unwrap_or_else(|| quote!(true))
}

/// The condition under which a field stands in the body in its turn, as opposed to among the tagged fields.
fn in_body(field: &Field) -> Option<Option<TokenStream>> {
    let exists = condition(field.versions);
    match field.tag {
        None => Some(exists),
        Some((_, tagged)) if tagged == field.versions => None,
        Some((_, tagged)) => {
            let (exists, tagged) = (always(field.versions), always(tagged));
            Some(Some(quote!(#exists && !(#tagged))))
        }
    }
}

fn read_value(field: &Field) -> TokenStream {
    let ty = &field.ty;
    match field.nullable {
        Some(nullable) => {
            let nullable = always(nullable);
            quote!(crate::protocol::wire::read_option(decoder, version, flexible, #nullable)?)
        }
        None => quote!(<#ty as crate::protocol::wire::Wire>::read(decoder, version, flexible)?),
    }
}

fn write_value(field: &Field) -> TokenStream {
    let (name, ty) = (&field.name, &field.ty);
    match field.nullable {
        Some(nullable) => {
            let nullable = always(nullable);
            quote!(crate::protocol::wire::write_option(&self.#name, encoder, version, flexible, #nullable))
        }
        None => {
            quote!(<#ty as crate::protocol::wire::Wire>::write(&self.#name, encoder, version, flexible))
        }
    }
}

fn value_size(field: &Field) -> TokenStream {
    let (name, ty) = (&field.name, &field.ty);
    match field.nullable {
        Some(nullable) => {
            let nullable = always(nullable);
            quote!(crate::protocol::wire::option_size(&self.#name, version, flexible, #nullable))
        }
        None => {
            quote!(<#ty as crate::protocol::wire::Wire>::wire_size(&self.#name, version, flexible))
        }
    }
}

/// The tagged fields by their numbers: the order in which Kafka writes them.
fn tagged(declaration: &Declaration) -> Vec<(u32, Versions, &Field)> {
    let mut fields: Vec<_> = declaration
        .fields
        .iter()
        .filter_map(|field| field.tag.map(|(tag, versions)| (tag, versions, field)))
        .collect();
    fields.sort_by_key(|(tag, ..)| *tag);
    fields
}

fn read(declaration: &Declaration) -> TokenStream {
    let bindings = declaration.fields.iter().map(|field| {
        let (name, ty, default, value) =
            (&field.name, &field.ty, default_of(field), read_value(field));
        match in_body(field) {
            None => quote! { let mut #name: #ty = #default; },
            Some(None) => quote! { let mut #name: #ty = #value; },
            Some(Some(condition)) => {
                quote! { let mut #name: #ty = if #condition { #value } else { #default }; }
            }
        }
    });
    let arms = tagged(declaration).into_iter().map(|(tag, versions, field)| {
        let (name, value, condition) = (&field.name, read_value(field), always(versions));
        quote! { #tag if #condition => #name = #value, }
    });
    let names = declaration.fields.iter().map(|field| &field.name);
    quote! {
        fn read(
            decoder: &mut crate::protocol::decoder::Decoder,
            version: i16,
            flexible: bool,
        ) -> ::core::result::Result<Self, crate::protocol::decoder::DecodeError> {
            #(#bindings)*
            if flexible {
                for _ in 0..decoder.tag_count()? {
                    let (tag, size) = decoder.tag()?;
                    match tag {
                        #(#arms)*
                        _ => decoder.skip(size)?,
                    }
                }
            }
            ::core::result::Result::Ok(Self { #(#names,)* })
        }
    }
}

/// For each tagged field: a name for «is written», and the condition of it.
fn presence(declaration: &Declaration) -> Vec<(proc_macro2::Ident, TokenStream)> {
    let written = |(tag, versions, field): (u32, Versions, &Field)| {
        let (name, default, condition) = (&field.name, default_of(field), always(versions));
        (
            format_ident!("tag_{}", tag),
            quote!(#condition && crate::protocol::wire::differs(&self.#name, &#default)),
        )
    };
    tagged(declaration).into_iter().map(written).collect()
}

fn write(declaration: &Declaration) -> TokenStream {
    let body = declaration.fields.iter().filter_map(|field| {
        let value = write_value(field);
        in_body(field).map(|condition| {
            condition.map_or(quote! { #value; }, |test| quote! { if #test { #value; } })
        })
    });
    let presence = presence(declaration);
    let (flags, conditions): (Vec<_>, Vec<_>) =
        presence.iter().map(|(flag, condition)| (flag, condition)).unzip();
    let values =
        tagged(declaration).into_iter().zip(&presence).map(|((tag, _, field), (flag, _))| {
            let (size, value) = (value_size(field), write_value(field));
            quote! { if #flag { encoder.put_tag(#tag, #size); #value; } }
        });
    quote! {
        fn write(&self, encoder: &mut crate::protocol::encoder::Encoder, version: i16, flexible: bool) {
            #(#body)*
            if flexible {
                #(let #flags = #conditions;)*
                encoder.put_unsigned_varint(0 #(+ u32::from(#flags))*);
                #(#values)*
            }
        }
    }
}

fn size(declaration: &Declaration) -> TokenStream {
    let body = declaration.fields.iter().filter_map(|field| {
        let value = value_size(field);
        in_body(field).map(|condition| {
            condition
                .map_or(quote! { size += #value; }, |test| quote! { if #test { size += #value; } })
        })
    });
    let tags = tagged(declaration).into_iter().zip(presence(declaration)).map(|((tag, _, field), (_, condition))| {
        let value = value_size(field);
        quote! { if #condition { tags += 1; size += crate::protocol::wire::tagged_size(#tag, #value); } }
    });
    quote! {
        fn wire_size(&self, version: i16, flexible: bool) -> usize {
            let mut size = 0usize;
            #(#body)*
            if flexible {
                let mut tags = 0u32;
                #(#tags)*
                size += crate::protocol::encoder::unsigned_varint_size(tags);
            }
            size
        }
    }
}
