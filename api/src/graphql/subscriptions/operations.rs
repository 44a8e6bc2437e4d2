//! The operations running on one socket, each a task of its own.

use std::collections::HashMap;

use async_graphql::{Executor, parser::types::OperationType};
use axum::extract::ws::Message;
use futures_util::StreamExt as _;
use tokio::{sync::mpsc, task::AbortHandle};

use super::protocol::server_message;
use crate::graphql::{
    errors::Code,
    transport::{
        Authenticate, GraphqlService,
        envelope::Envelope,
        refusal::Refusal,
        respond::{CostReport, errors_json, json_of},
        service::{Caller, Outcome, Prepared},
    },
};

/// Operations at once on one socket.
const MAX_OPERATIONS: usize = 20;
/// Events waiting for a slow reader, over all operations of a socket; then the operations wait.
const EVENTS: usize = 32;

/// Something an operation has to say.
pub(super) struct Event {
    id: String,
    run: u64,
    message: Message,
    last: bool,
}

/// The running operations by the client's id.
pub(super) struct Operations {
    running: HashMap<String, (u64, AbortHandle)>,
    runs: u64,
    events: mpsc::Sender<Event>,
}

impl Operations {
    pub(super) fn new() -> (Self, mpsc::Receiver<Event>) {
        let (events, receiver) = mpsc::channel(EVENTS);
        let operations = Self {
            running: HashMap::new(),
            runs: 0,
            events,
        };
        (operations, receiver)
    }

    pub(super) fn is_running(&self, id: &str) -> bool {
        self.running.contains_key(id)
    }

    /// Starts an operation, or answers at once with why not.
    pub(super) fn start<E: Executor, A: Authenticate>(
        &mut self,
        service: &GraphqlService<E, A>,
        caller: &Caller<A::Principal>,
        id: String,
        envelope: Envelope,
    ) -> Option<Message> {
        if self.running.len() >= MAX_OPERATIONS {
            let text = format!(
                "a socket runs at most {MAX_OPERATIONS} operations: complete one, or open another socket"
            );
            return Some(error_message(
                &id,
                &Refusal::request(vec![Code::RateLimited.refusal(text, None)]),
            ));
        }
        let received_at = service.now();
        let prepared = match service.prepare(envelope, caller, |_| Ok(())) {
            Ok(prepared) => prepared.received_at(received_at),
            Err(refusal) => return Some(error_message(&id, &refusal)),
        };
        self.runs += 1;
        let task = Task {
            service: service.clone(),
            id: id.clone(),
            run: self.runs,
            events: self.events.clone(),
            key: caller.key.clone(),
            trace: caller.trace.clone(),
        };
        let handle = tokio::spawn(task.run(prepared)).abort_handle();
        self.running.insert(id, (self.runs, handle));
        None
    }

    /// The client wants no more of it.
    pub(super) fn complete(&mut self, id: &str) {
        if let Some((_, handle)) = self.running.remove(id) {
            handle.abort();
        }
    }

    /// The message to send for an event, unless its operation was completed in the meantime.
    pub(super) fn forward(&mut self, event: Event) -> Option<Message> {
        let (run, _) = self.running.get(&event.id)?;
        if *run != event.run {
            return None;
        }
        if event.last {
            self.running.remove(&event.id);
        }
        Some(event.message)
    }
}

impl Drop for Operations {
    fn drop(&mut self) {
        for (_, handle) in self.running.values() {
            handle.abort();
        }
    }
}

struct Task<E, A> {
    service: GraphqlService<E, A>,
    id: String,
    run: u64,
    events: mpsc::Sender<Event>,
    key: crate::graphql::cost::bucket::BucketKey,
    trace: crate::graphql::errors::TraceId,
}

impl<E: Executor, A: Authenticate> Task<E, A> {
    async fn run(self, prepared: Prepared) {
        let cost = prepared.cost;
        if prepared.operation == OperationType::Subscription {
            let mut outcomes = self.service.subscribe(prepared, self.trace.clone());
            while let Some(outcome) = outcomes.next().await {
                if !self.tell(&outcome, cost).await {
                    return;
                }
            }
        } else {
            let outcome = self.service.run(prepared, &self.trace).await;
            if !self.tell(&outcome, cost).await {
                return;
            }
        }
        self.send(server_message("complete", Some(&self.id), None), true)
            .await;
    }

    /// Whether there may be more.
    async fn tell(&self, outcome: &Outcome, requested: u32) -> bool {
        match outcome {
            Outcome::Ran { data, errors } => {
                let report = CostReport {
                    requested,
                    status: self.service.throttle_status(&self.key),
                };
                let payload = json_of(Some(data), errors, Some(report));
                self.send(
                    server_message("next", Some(&self.id), Some(&payload)),
                    false,
                )
                .await
            }
            Outcome::Refused(refusal) => {
                self.send(error_message(&self.id, refusal), true).await;
                false
            }
        }
    }

    async fn send(&self, message: Message, last: bool) -> bool {
        let event = Event {
            id: self.id.clone(),
            run: self.run,
            message,
            last,
        };
        self.events.send(event).await.is_ok()
    }
}

fn error_message(id: &str, refusal: &Refusal) -> Message {
    let errors = errors_json(&refusal.errors).to_string();
    server_message("error", Some(id), Some(&errors))
}
