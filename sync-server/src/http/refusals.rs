//! What answers have in common, for the description of the calls: refusals, of which `crate::error` has every code, and
//! bodies that are bytes.
#![allow(dead_code, reason = "these types only describe answers; the answers are made from ServerError")]

use utoipa::IntoResponses;

use super::answer::ErrorBody;

/// Bytes as they are.
#[derive(utoipa::ToSchema)]
#[schema(value_type = String, format = Binary)]
pub(super) struct Binary(Vec<u8>);

/// What every call with a token may answer.
#[derive(IntoResponses)]
pub(super) enum Closed {
    /// The token is missing, not valid or no longer so.
    #[response(status = 401)]
    Unknown(#[to_schema] ErrorBody),
    /// This user, or this kind of login, may not do that.
    #[response(status = 403)]
    Forbidden(#[to_schema] ErrorBody),
    /// Too many unknown tokens came from this address, or this device has too much under way; `Retry-After` says when to
    /// try again.
    #[response(status = 429)]
    SlowedDown(#[to_schema] ErrorBody),
}

/// What a call for one thing may answer.
#[derive(IntoResponses)]
pub(super) enum Missing {
    /// It is not there, or not for this caller; which of the two is not said.
    #[response(status = 404)]
    NotFound(#[to_schema] ErrorBody),
}

/// What a call with parameters or a body may answer.
#[derive(IntoResponses)]
pub(super) enum Malformed {
    /// Something in the request cannot be; the message says what.
    #[response(status = 400)]
    Invalid(#[to_schema] ErrorBody),
}

/// What a call with a body may answer.
#[derive(IntoResponses)]
pub(super) enum Unreadable {
    /// The body, or something else in the request, cannot be read; the message says what.
    #[response(status = 400)]
    Invalid(#[to_schema] ErrorBody),
    /// The body is larger than the call takes.
    #[response(status = 413)]
    TooLarge(#[to_schema] ErrorBody),
    /// The body is of another kind than the call takes.
    #[response(status = 415)]
    MediaType(#[to_schema] ErrorBody),
}

/// What a decision at a desk may answer.
#[derive(IntoResponses)]
pub(super) enum Undecided {
    /// `stale`: what was decided on is no longer there. `refused`: a device of this user might not write it either; the
    /// message says why. Nothing was written.
    #[response(status = 409)]
    Conflict(#[to_schema] ErrorBody),
}

/// What a call that guesses may be tried with answers.
#[derive(IntoResponses)]
pub(super) enum SlowedDown {
    /// Too many failures; `Retry-After` says when to try again.
    #[response(status = 429)]
    TooManyTries(#[to_schema] ErrorBody),
}

/// What every tus call with a token may answer.
#[derive(IntoResponses)]
pub(super) enum Tus {
    /// Another version of tus.
    #[response(status = 412)]
    Version(#[to_schema] ErrorBody),
    /// Another request writes this upload and did not end in time; trying again soon helps.
    #[response(status = 423)]
    Locked(#[to_schema] ErrorBody),
}

/// What a call for one upload may answer.
#[derive(IntoResponses)]
pub(super) enum Ended {
    /// The upload is not there, or not this caller's.
    #[response(status = 404)]
    NotFound(#[to_schema] ErrorBody),
    /// The upload expired, or was begun again.
    #[response(status = 410)]
    Gone(#[to_schema] ErrorBody),
}

/// What a call with a piece may answer.
#[derive(IntoResponses)]
pub(super) enum Damaged {
    /// Something in the request cannot be, or the connection ended within the piece; what arrived counts.
    #[response(status = 400)]
    Invalid(#[to_schema] ErrorBody),
    /// More bytes than were announced, or than the server takes.
    #[response(status = 413)]
    TooLarge(#[to_schema] ErrorBody),
    /// The piece has not the checksum it was sent with, or the whole not the announced SHA-256.
    #[response(status = 460)]
    Checksum(#[to_schema] ErrorBody),
}
