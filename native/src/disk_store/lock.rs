//! One process a directory.
//!
//! The file `.lock` names its holder: process id, boot id, and the process's start time, so that neither a restarted
//! machine nor a process id used again is taken for a living holder. A native server holds `flock` on it as well, which
//! ends with the process by itself and decides between two native servers, whatever the file says. Hosts without
//! `flock` make the file exclusively, and take it over only from a holder that is gone. The file stays when the server
//! ends: a holder that is gone is as good as none.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::MetadataExt;

use rustix::fs::{FlockOperation, OFlags};
use rustix::io::Errno;

use super::directory::{Directory, OpenError};

/// The lock's file.
pub(super) const FILE: &str = ".lock";
/// Longer than what any holder writes.
const HOLDER_BYTES_MAX: u64 = 256;

/// A held lock: it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Lock(#[allow(dead_code, reason = "held, never used")] File);

/// Who holds a directory, as the file says it: `pid boot-id start-time`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Holder {
    pid: u32,
    boot: String,
    /// In clock ticks since the machine's start, from /proc/pid/stat.
    started: u64,
}

impl Lock {
    /// Takes the directory, or says who has it.
    pub(super) fn take(directory: &Directory) -> Result<Self, OpenError> {
        let failed = |error: io::Error| directory.failed("lock", FILE, error);
        loop {
            let mut file =
                directory.open_file(FILE, OFlags::RDWR | OFlags::CREATE).map_err(failed)?;
            match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => {}
                Err(Errno::WOULDBLOCK) => return Err(in_use(directory, Holder::read(&mut file))),
                Err(error) => return Err(failed(error.into())),
            }
            // Somebody may have put another file in its place between opening and locking.
            let same =
                directory.open_file(FILE, OFlags::RDONLY).and_then(|now| same_file(&file, &now));
            if !same.unwrap_or(false) {
                continue;
            }
            if let Some(holder) = Holder::read(&mut file).filter(Holder::lives) {
                return Err(in_use(directory, Some(holder)));
            }
            Holder::this_process().write(&mut file).map_err(failed)?;
            return Ok(Self(file));
        }
    }
}

fn in_use(directory: &Directory, holder: Option<Holder>) -> OpenError {
    OpenError::InUse { path: directory.path().to_owned(), holder: holder.map(|holder| holder.pid) }
}

fn same_file(a: &File, b: &File) -> io::Result<bool> {
    let (a, b) = (a.metadata()?, b.metadata()?);
    Ok((a.dev(), a.ino()) == (b.dev(), b.ino()))
}

impl Holder {
    fn this_process() -> Self {
        let pid = std::process::id();
        Self { pid, boot: boot_id(), started: start_time(pid).unwrap_or(0) }
    }

    fn read(file: &mut File) -> Option<Self> {
        let mut text = String::new();
        file.rewind().ok()?;
        file.take(HOLDER_BYTES_MAX).read_to_string(&mut text).ok()?;
        let mut words = text.split_ascii_whitespace();
        let holder = Self {
            pid: words.next()?.parse().ok()?,
            boot: words.next()?.to_owned(),
            started: words.next()?.parse().ok()?,
        };
        Some(holder)
    }

    fn write(&self, file: &mut File) -> io::Result<()> {
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(format!("{} {} {}\n", self.pid, self.boot, self.started).as_bytes())
    }

    /// Whether that very process is there, and is not this one.
    fn lives(&self) -> bool {
        *self != Self::this_process()
            && self.boot == boot_id()
            && start_time(self.pid) == Some(self.started)
    }
}

/// The number that this boot of the machine has; empty where the system does not tell.
fn boot_id() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}

/// When a process was started, `None` where it is not there.
fn start_time(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is a name in parentheses, which may hold blanks and parentheses; the time is field 22.
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_ascii_whitespace().nth(19)?.parse().ok()
}
