//! InitProducerId (key 22), versions 0 to 6: a producer id and epoch for an idempotent producer.
//!
//! BEHAVIOURS 29, as far as there are no transactions. Kafka: TransactionCoordinator.handleInitProducerId,
//! RPCProducerIdManager. Missing: a transactional id is refused with TRANSACTIONAL_ID_AUTHORIZATION_FAILED, because that
//! makes clients stop, where every code that would say "not here" makes them ask for ever.

use alloc::boxed::Box;

use crate::journal::entry::Entry;
use crate::protocol::ErrorCode;
use crate::protocol::messages::{InitProducerIdRequest, InitProducerIdResponse};
use crate::shard::Shard;
use crate::shard::input::{Reply, RequestId};

/// Ids are reserved in blocks of this many: one entry in the journal each (Kafka: `ProducerIdsBlock`).
const BLOCK: i64 = 1000;

impl Shard {
    /// Handles an InitProducerId.
    pub(crate) fn init_producer_id(&mut self, id: RequestId, request: &InitProducerIdRequest) {
        let response = match self.producer_id_for(request) {
            Ok(producer_id) => {
                InitProducerIdResponse { producer_id, producer_epoch: 0, ..Default::default() }
            }
            Err(error_code) => InitProducerIdResponse {
                error_code,
                producer_id: -1,
                producer_epoch: -1,
                ..Default::default()
            },
        };
        // The block from which the id comes is durable before anybody sees it.
        self.reply(id, Reply::Response(Box::new(response).into()));
    }

    fn producer_id_for(&mut self, request: &InitProducerIdRequest) -> Result<i64, ErrorCode> {
        // Both or neither (KIP-360); without a transactional id they are not looked at any further.
        if (request.producer_id == -1) != (request.producer_epoch == -1) {
            return Err(ErrorCode::INVALID_REQUEST);
        }
        match &request.transactional_id {
            None => self.next_producer_id().ok_or(ErrorCode::UNKNOWN_SERVER_ERROR),
            Some(name) if name.is_empty() => Err(ErrorCode::INVALID_REQUEST),
            Some(_) => Err(ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED),
        }
    }

    /// A producer id that was never given out; none after 2^63 of them.
    fn next_producer_id(&mut self) -> Option<i64> {
        if self.producer_ids.is_empty() {
            let first = self.state.next_producer_id;
            let next = first.checked_add(BLOCK)?;
            self.record(&Entry::ProducerIds { next });
            self.producer_ids = first..next;
        }
        self.producer_ids.next()
    }
}
