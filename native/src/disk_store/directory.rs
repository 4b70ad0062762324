//! The data directory: what may lie in it, what it is called, and who may not open it.
//!
//! No file name comes from outside: files are numbered. Nothing is followed through a symbolic link but the directory
//! itself, once, and a directory of Apache Kafka's is never touched.

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use logboat_core::chunk::ObjectId;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;

/// The root's file.
pub(super) const ROOT: &str = "root";
/// The end of names of files that are not finished: leftovers of a crash, to be removed.
pub(super) const UNFINISHED: &str = ".new";
/// Our files can be read by others of the group, as Kafka's can.
const FILE_MODE: u32 = 0o640;
/// More than any root that a core writes; a longer file is not one.
const ROOT_BYTES_MAX: u64 = 64 << 20;

/// Why a data directory is not opened. Each is one line that names the path.
#[derive(Debug)]
pub enum OpenError {
    /// Something in it cannot be read or written.
    Io {
        /// What was tried, such as `create`.
        action: &'static str,
        /// With what.
        path: PathBuf,
        /// The system's answer.
        error: io::Error,
    },
    /// Apache Kafka keeps its data there.
    Kafka {
        /// The directory.
        path: PathBuf,
        /// Kafka's file that gave it away.
        file: String,
    },
    /// Another process has it open.
    InUse {
        /// The directory.
        path: PathBuf,
        /// Its process id, where it could be read.
        holder: Option<u32>,
    },
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { action, path, error } => {
                write!(f, "cannot {action} {}: {error}", path.display())
            }
            Self::Kafka { path, file } => write!(
                f,
                "{} holds data of Apache Kafka ({file}), which is left untouched; choose another directory",
                path.display()
            ),
            Self::InUse { path, holder: Some(pid) } => {
                write!(f, "{} is in use by another process (pid {pid})", path.display())
            }
            Self::InUse { path, holder: None } => {
                write!(f, "{} is in use by another process", path.display())
            }
        }
    }
}

impl std::error::Error for OpenError {}

/// What kind of object a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A journal file: written in place, never replaced.
    Journal,
    /// An immutable object.
    Blob,
}

/// The name of an object's file.
pub(super) fn file_name(kind: Kind, object: ObjectId) -> String {
    match kind {
        Kind::Journal => format!("journal-{}", object.0),
        Kind::Blob => format!("blob-{}", object.0),
    }
}

fn parse_name(name: &str) -> Option<(Kind, ObjectId)> {
    let (kind, number) = match name.split_once('-')? {
        ("journal", number) => (Kind::Journal, number),
        ("blob", number) => (Kind::Blob, number),
        _ => return None,
    };
    let object = ObjectId(number.parse().ok()?);
    // Only the one spelling that we write: `+1` and `01` are somebody else's.
    (file_name(kind, object) == name).then_some((kind, object))
}

/// An open data directory.
#[derive(Debug)]
pub(super) struct Directory {
    fd: OwnedFd,
    path: PathBuf,
}

/// What lies in a data directory.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Objects with their lengths in bytes.
    pub(super) objects: Vec<(Kind, ObjectId, u64)>,
    /// The root, where there is one.
    pub(super) root: Option<Bytes>,
    /// Names of what we did not write, and of objects that are not plain files.
    pub(super) foreign: Vec<String>,
}

impl Directory {
    /// Makes `path` a directory where nothing is there, and opens it.
    pub(super) fn open(path: &Path) -> Result<Self, OpenError> {
        let failed = |action, error| OpenError::Io { action, path: path.to_owned(), error };
        let created = !path.exists();
        if created {
            std::fs::create_dir_all(path).map_err(|error| failed("create", error))?;
        }
        let resolved = path.canonicalize().map_err(|error| failed("open", error))?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::open(&resolved, flags, Mode::empty())
            .map_err(|error| failed("open", error.into()))?;
        if created && let Some(parent) = resolved.parent() {
            File::open(parent)
                .and_then(|parent| parent.sync_all())
                .map_err(|error| failed("create", error))?;
        }
        let directory = Self { fd, path: resolved };
        match directory.find_kafka() {
            Ok(None) => Ok(directory),
            Ok(Some(file)) => Err(OpenError::Kafka { path: directory.path, file }),
            Err(error) => Err(failed("read", error)),
        }
    }

    /// Where it is, symbolic links resolved.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// An error that names a file of this directory, or itself where the name is empty.
    pub(super) fn failed(
        &self,
        action: &'static str,
        name: &str,
        error: impl Into<io::Error>,
    ) -> OpenError {
        let path = if name.is_empty() { self.path.clone() } else { self.path.join(name) };
        OpenError::Io { action, path, error: error.into() }
    }

    /// Opens a file of it, never through a symbolic link.
    pub(super) fn open_file(&self, name: &str, flags: OFlags) -> io::Result<File> {
        let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let fd = rustix::fs::openat(&self.fd, name, flags, Mode::from_raw_mode(FILE_MODE))?;
        Ok(File::from(fd))
    }

    /// Makes names durable.
    pub(super) fn sync(&self) -> io::Result<()> {
        Ok(rustix::fs::fsync(&self.fd)?)
    }

    pub(super) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.fd, from, &self.fd, to)?)
    }

    /// Gives the file `from` the name `to`, which nobody may have.
    pub(super) fn rename_new(&self, from: &str, to: &str) -> io::Result<()> {
        // A hard link fails where the name exists, on every file system that has links.
        rustix::fs::linkat(&self.fd, from, &self.fd, to, AtFlags::empty())?;
        self.remove(from)
    }

    /// Removes a file; one that is not there is removed already.
    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        match rustix::fs::unlinkat(&self.fd, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads what lies in it, and removes what a crash left unfinished.
    pub(super) fn list(&self) -> Result<Listing, OpenError> {
        let mut listing = Listing::default();
        for (name, kind) in self.entries().map_err(|error| self.failed("read", "", error))? {
            let Some(name) = name.to_str() else {
                listing.foreign.push(name.to_string_lossy().into_owned());
                continue;
            };
            if name == super::lock::FILE {
                continue;
            }
            if kind == FileType::RegularFile {
                let finished = name.strip_suffix(UNFINISHED);
                if finished.is_some_and(|name| name == ROOT || parse_name(name).is_some()) {
                    self.remove(name).map_err(|error| self.failed("remove", name, error))?;
                    continue;
                }
                if name == ROOT {
                    listing.root =
                        Some(self.read_root().map_err(|error| self.failed("read", name, error))?);
                    continue;
                }
                if let Some((kind, object)) = parse_name(name) {
                    let stat = rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW)
                        .map_err(|error| self.failed("read", name, error))?;
                    listing.objects.push((kind, object, u64::try_from(stat.st_size).unwrap_or(0)));
                    continue;
                }
            }
            listing.foreign.push(name.to_owned());
        }
        listing.objects.sort_by_key(|(_, object, _)| *object);
        listing.foreign.sort();
        Ok(listing)
    }

    fn read_root(&self) -> io::Result<Bytes> {
        let mut bytes = Vec::new();
        self.open_file(ROOT, OFlags::RDONLY)?.take(ROOT_BYTES_MAX).read_to_end(&mut bytes)?;
        Ok(bytes.into())
    }

    /// Every name in it with its type, without `.` and `..`.
    fn entries(&self) -> io::Result<Vec<(OsString, FileType)>> {
        use std::os::unix::ffi::OsStrExt;
        let mut entries = Vec::new();
        for entry in Dir::read_from(&self.fd)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            let mut kind = entry.file_type();
            if kind == FileType::Unknown {
                let stat =
                    rustix::fs::statat(&self.fd, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW)?;
                kind = FileType::from_raw_mode(stat.st_mode);
            }
            entries.push((std::ffi::OsStr::from_bytes(name).to_owned(), kind));
        }
        Ok(entries)
    }

    /// The first thing that only Apache Kafka would have put there.
    fn find_kafka(&self) -> io::Result<Option<String>> {
        const FILES: [&str; 8] = [
            "meta.properties",
            "bootstrap.checkpoint",
            "recovery-point-offset-checkpoint",
            "replication-offset-checkpoint",
            "log-start-offset-checkpoint",
            "cleaner-offset-checkpoint",
            ".kafka_cleanshutdown",
            "__cluster_metadata-0",
        ];
        for (name, kind) in self.entries()? {
            let Some(name) = name.to_str() else { continue };
            if FILES.contains(&name)
                || (kind == FileType::Directory && self.is_kafka_partition(name))
            {
                return Ok(Some(name.to_owned()));
            }
        }
        Ok(None)
    }

    /// Whether a directory is called `topic-0` and has segments in it.
    fn is_kafka_partition(&self, name: &str) -> bool {
        let numbered =
            name.rsplit_once('-').is_some_and(|(_, number)| number.parse::<u32>().is_ok());
        numbered
            && std::fs::read_dir(self.path.join(name)).is_ok_and(|files| {
                files.flatten().any(|file| {
                    Path::new(&file.file_name()).extension().is_some_and(|end| end == "log")
                })
            })
    }
}
