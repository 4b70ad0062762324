//! The derive of Kafka's messages. It writes code from declarations and must never look at anything else.
//!
//! A message is a struct whose attributes say what Kafka's schema says: in which versions a field exists, in which it
//! may be null, whether it is tagged, what it is where it is absent. From that, [`macro@Message`] writes `Default`,
//! the decoder, the encoder and the exact size. The traits it implements, and every rule of the wire, are in
//! `logboat_core::protocol::wire`; nothing is decided here but which field comes when.

mod declaration;
mod expand;

use proc_macro::TokenStream;

/// Implements `Default` and `Wire` for a declared struct, and `Message` too where the struct says its versions.
///
/// On the struct (only the outermost one of a message has this):
/// `#[message(versions = "0-13", flexible = "9+")]`; `flexible` is left out where no version is flexible.
///
/// On a field, all of it optional: `#[field(versions = "3+", nullable = "3+", tag = 0, tagged = "10+", default = -1)]`.
/// * `versions`: in which the field exists; all, where nothing is said.
/// * `nullable`: in which null may stand on the wire. The field's type is then an `Option`; in other versions null is
///   written as the empty value.
/// * `tag`, `tagged`: its number as a tagged field, and the versions in which it is one. `tagged` is `versions` where
///   nothing is said.
/// * `default`: an expression for the value in versions that lack the field; `Default::default()` where nothing is
///   said. A tagged field of this value is not written.
#[proc_macro_derive(Message, attributes(message, field))]
pub fn message(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    declaration::Declaration::parse(&input)
        .map_or_else(|error| error.into_compile_error(), |declaration| expand::expand(&declaration))
        .into()
}
