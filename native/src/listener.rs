//! Listening sockets, and what clients are told about them.
//!
//! Addresses are taken before the store is opened, so that a wrong one is refused early, and listened on when the broker
//! is ready.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use logboat_core::config;
use logboat_core::connection::Endpoint;
use logboat_core::protocol::KString;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, sockopt};

/// Connections that wait to be accepted. Linux cuts it to `net.core.somaxconn`.
const BACKLOG: i32 = 4096;

/// An address that cannot be listened on.
#[derive(Debug)]
pub struct ListenError {
    listener: String,
    error: io::Error,
}

impl fmt::Display for ListenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot listen on {}: {}", self.listener, self.error)
    }
}

impl std::error::Error for ListenError {}

/// A socket that is bound.
#[derive(Debug)]
pub struct Listener {
    name: KString,
    socket: OwnedFd,
    address: SocketAddr,
    advertised: Option<(KString, u16)>,
}

/// A client that was accepted.
#[derive(Debug)]
pub struct Accepted {
    /// Its socket, which does not block.
    pub socket: OwnedFd,
    /// Where it came in and from.
    pub endpoint: Endpoint,
    /// The address that it comes from; that of every address where the system does not say.
    pub address: IpAddr,
}

impl Listener {
    /// Binds every address that one entry of `listeners` stands for; a name such as `localhost` may stand for two, of
    /// which one must be free to use.
    ///
    /// # Errors
    /// A line that names the listener.
    pub fn bind(options: &config::Listener) -> Result<Vec<Self>, ListenError> {
        let failed = |error| ListenError {
            listener: format!("{}://{}:{}", options.name, options.host, options.port),
            error,
        };
        let addresses: Vec<SocketAddr> = if options.host.is_empty() {
            // One socket for both families where there is IPv6.
            vec![
                (Ipv6Addr::UNSPECIFIED, options.port).into(),
                (Ipv4Addr::UNSPECIFIED, options.port).into(),
            ]
        } else {
            (unbracketed(&options.host), options.port).to_socket_addrs().map_err(failed)?.collect()
        };
        let mut bound = Vec::new();
        let mut refused = None;
        for address in addresses {
            match Self::bind_one(options, address) {
                Ok(listener) => bound.push(listener),
                Err(error) => refused = Some(error),
            }
            if options.host.is_empty() && !bound.is_empty() {
                break;
            }
        }
        match refused {
            // An address in use is never passed over: another server would get half of the clients.
            Some(error) if bound.is_empty() || error.kind() == io::ErrorKind::AddrInUse => {
                Err(failed(error))
            }
            _ if bound.is_empty() => Err(failed(io::ErrorKind::AddrNotAvailable.into())),
            _ => Ok(bound),
        }
    }

    fn bind_one(options: &config::Listener, address: SocketAddr) -> io::Result<Self> {
        let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = rustix::net::socket_with(family, SocketType::STREAM, flags, None)?;
        // A server that starts again need not wait for the old connections to be forgotten.
        sockopt::set_socket_reuseaddr(&socket, true)?;
        if address.is_ipv6() {
            sockopt::set_ipv6_v6only(&socket, !address.ip().is_unspecified())?;
        }
        rustix::net::bind(&socket, &address)?;
        let address = SocketAddr::try_from(rustix::net::getsockname(&socket)?)?;
        let advertised = options.advertised.as_ref();
        let advertised = advertised.map(|(host, port)| (KString::from(unbracketed(host)), *port));
        Ok(Self { name: KString::from(&*options.name), socket, address, advertised })
    }

    /// Lets clients come.
    ///
    /// # Errors
    /// Where another server has taken the address meanwhile.
    pub fn listen(&self) -> Result<(), ListenError> {
        rustix::net::listen(&self.socket, BACKLOG)
            .map_err(|error| ListenError { listener: format!("{self}"), error: error.into() })
    }

    /// Its name in `listeners`.
    #[must_use]
    pub const fn name(&self) -> &KString {
        &self.name
    }

    /// The address that it is bound to.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next client that waits; `None` where none does.
    ///
    /// # Errors
    /// Where the system has no descriptor or memory for it: nothing should be accepted for a while.
    pub fn accept(&self) -> io::Result<Option<Accepted>> {
        loop {
            match rustix::net::acceptfrom_with(
                &self.socket,
                SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
            ) {
                Ok((socket, peer)) => {
                    let peer = peer.and_then(|peer| SocketAddr::try_from(peer).ok());
                    // A peer that is gone already is found out by the first read.
                    let _ = sockopt::set_tcp_nodelay(&socket, true);
                    let _ = sockopt::set_socket_keepalive(&socket, true);
                    let endpoint = self.endpoint(&socket, peer);
                    let address = peer.map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.ip());
                    return Ok(Some(Accepted { socket, endpoint, address }));
                }
                Err(Errno::WOULDBLOCK) => return Ok(None),
                Err(Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM) => {
                    return Err(io::ErrorKind::OutOfMemory.into());
                }
                // Interrupted, or a client that is gone before it was accepted (accept(2) lists a dozen errors of its
                // network): the next one.
                Err(_) => {}
            }
        }
    }

    fn endpoint(&self, socket: &OwnedFd, peer: Option<SocketAddr>) -> Endpoint {
        let local = rustix::net::getsockname(socket)
            .ok()
            .and_then(|local| SocketAddr::try_from(local).ok());
        let local = local.unwrap_or(self.address);
        let (host, port) =
            self.advertised.clone().unwrap_or_else(|| (text(local.ip()).into(), local.port()));
        let client = peer.map_or_else(String::new, |peer| text(peer.ip()));
        Endpoint {
            listener: self.name.clone(),
            host,
            port,
            client_host: format!("/{client}").into(),
        }
    }
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.name, self.address)
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// An IPv6 address without the brackets that it has in `listeners`.
fn unbracketed(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// An IPv4 address in IPv6 clothes is shown as what it is.
fn text(address: IpAddr) -> String {
    address.to_canonical().to_string()
}
