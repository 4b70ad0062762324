//! What the core wants: done in the order in which it wants it.
//!
//! Nothing here may decide anything that a client sees.

use logboat_core::connection::Workspace;
use logboat_core::notice::{Level, Notice};
use logboat_core::shard::input::{ConnectionId, Effect, Input, Reply, RequestId, StorageEffect};

use super::stop::Stage;
use super::{Server, mark};
use crate::disk_store::Warmed;

impl Server {
    /// Does what the core wants until it wants nothing more, and tells it what the store has done.
    pub(super) fn settle(&mut self) {
        loop {
            while let Some(effect) = self.shard.poll_effect() {
                self.effect(effect);
            }
            let mut completions = std::mem::take(&mut self.completions);
            self.store.poll(&mut completions, &mut self.warm);
            let over = completions.is_empty();
            for (operation, result) in completions.drain(..) {
                self.shard.handle(self.now, Input::Storage { operation, result });
            }
            self.completions = completions;
            // Recovery goes on turn by turn, so that a signal is seen.
            if over || self.stage == Stage::Starting {
                break;
            }
        }
        while let Some(Warmed { token, result }) = self.warm.pop() {
            let Some(client) = self.connections.get(ConnectionId(token)) else { continue };
            client.warming = false;
            // The half of an answer cannot be taken back: the connection ends.
            client.broken = result.is_err();
            mark(client, &mut self.marked);
            if let Err(error) = result {
                log::error!("an answer cannot be read from the disk: {error}");
            }
        }
    }

    fn effect(&mut self, effect: Effect) {
        match effect {
            Effect::Storage(StorageEffect::Drop { object }) => self.drops.push(object),
            Effect::Storage(effect) => self.store.execute(effect, &mut self.completions),
            Effect::Reply { id, reply } => self.reply(id, reply),
            Effect::Image(image) => {
                match &mut self.workspace {
                    Some(workspace) => workspace.image = image,
                    none => *none = Some(Workspace::new(image)),
                }
                self.reconsider_clients();
            }
            Effect::Notice(notice) => log(&notice),
            Effect::Ready => self.become_ready(),
            Effect::Refused(reason) => self.refused(&reason),
            Effect::Stopped => self.stopped(),
        }
    }

    fn reply(&mut self, id: RequestId, reply: Reply) {
        let Some(workspace) = &mut self.workspace else { return };
        let Some(client) = self.connections.get(id.connection) else { return };
        client.unanswered = client.unanswered.saturating_sub(1);
        if id.sequence <= client.held_up_to {
            client.held = client.held.saturating_sub(1);
        }
        client.connection.reply(id, reply, workspace);
        if !client.connection.has_queue() {
            self.poll_demands(id.connection);
        } else if !client.waits {
            // Its next request comes when others have had their turn.
            client.waits = true;
            self.backlog.push_back(id.connection);
        }
    }
}

fn log(notice: &Notice) {
    let level = match notice.level() {
        Level::Debug => log::Level::Debug,
        Level::Info => log::Level::Info,
        Level::Warn => log::Level::Warn,
        Level::Error => log::Level::Error,
    };
    log::log!(level, "{notice}");
}
