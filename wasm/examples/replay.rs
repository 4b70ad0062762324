//! Replays a transcript natively: the inputs of a host on stdin, what its clients get on stdout.
//!
//! `npm/test/determinism.test.mjs` gives the same lines to the module and compares. It must never read a clock.
//!
//! ```text
//! open SEED INSTANT WALL [KEY=VALUE]…   times in milliseconds
//! turn INSTANT WALL                     the time from now on
//! connect                               the next number
//! send CONNECTION HEX
//! disconnect CONNECTION
//! ```
//! After each line, for each connection that changed, in that order: `CONNECTION HEX` with everything that it gets, and
//! `CONNECTION over REASON` where it is over.

use std::fmt::Write;
use std::io::{Read, stdin};

use logboat_core::time::{Instant, Now, UnixMillis};
use logboat_wasm::broker::Broker;

type Result<T> = std::result::Result<T, String>;

fn main() -> Result<()> {
    let mut script = String::new();
    stdin().read_to_string(&mut script).map_err(|error| error.to_string())?;
    let mut lines = script.lines();
    let first: Vec<_> = lines.next().unwrap_or_default().split(' ').collect();
    let ["open", seed, instant, wall, config @ ..] = first.as_slice() else {
        return Err("the first line is not open SEED INSTANT WALL".into());
    };
    let mut now = at(instant, wall)?;
    let config = config.iter().filter_map(|pair| pair.split_once('='));
    let mut broker = Broker::open(now, config, number(seed)?)?;
    for line in lines {
        let words: Vec<_> = line.split(' ').collect();
        match words.as_slice() {
            ["turn", instant, wall] => {
                now = at(instant, wall)?;
                broker.turn(now);
            }
            ["connect"] => {
                broker.connect("127.0.0.1", 9092, "/127.0.0.1");
            }
            ["send", connection, hex] => broker.receive(now, number(connection)?, bytes(hex)?),
            ["disconnect", connection] => broker.disconnect(now, number(connection)?),
            _ => return Err(format!("not a line of a transcript: {line}")),
        }
        print!("{}", answers(&mut broker, now));
    }
    Ok(())
}

/// What every changed connection gets.
fn answers(broker: &mut Broker, now: Now) -> String {
    let mut out = String::new();
    loop {
        let connection = broker.changed();
        if connection == 0 {
            return out;
        }
        let mut hex = String::new();
        loop {
            broker.take(now, connection);
            if broker.output().is_empty() {
                break;
            }
            // Writing to a string cannot fail.
            broker.output().iter().for_each(|byte| _ = write!(hex, "{byte:02x}"));
        }
        if !hex.is_empty() {
            _ = writeln!(out, "{connection} {hex}");
        }
        if broker.state(connection).over {
            let reason = broker.close_reason(connection).unwrap_or_default();
            _ = writeln!(out, "{connection} over {reason}");
        }
    }
}

fn at(instant: &str, wall: &str) -> Result<Now> {
    let instant: u64 = number(instant)?;
    Ok(Now { instant: Instant::from_nanos(instant * 1_000_000), wall: UnixMillis(number(wall)?) })
}

fn number<T: std::str::FromStr>(word: &str) -> Result<T> {
    word.parse().map_err(|_| format!("not a number: {word}"))
}

fn bytes(hex: &str) -> Result<Vec<u8>> {
    let pairs = hex.as_bytes().as_chunks::<2>().0.iter();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.map(byte).collect::<Option<_>>().ok_or_else(|| "not hexadecimal".into())
}
