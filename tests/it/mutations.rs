//! Mutations that tests of several files make.

pub(crate) const GRANT_ROLE: &str = "mutation ($input: RoleInput!) {
    grantRole(input: $input) { userErrors { code message } }
}";
pub(crate) const REQUEST_INFORMATION: &str = "mutation ($input: RequestInformationInput!) {
    made: requestInformation(input: $input) { claim { id status } userErrors { code message path } }
}";
pub(crate) const GIVE_INFORMATION: &str = "mutation ($input: GiveInformationInput!) {
    made: giveInformation(input: $input) { claim { id status } userErrors { code message path } }
}";
pub(crate) const GIVE_UP_HOLD: &str = "mutation ($input: EndHoldInput!) {
    made: giveUpHold(input: $input) { hold { id ended } userErrors { code message path } }
}";
pub(crate) const EXPIRE_HOLD: &str = "mutation ($input: EndHoldInput!) {
    made: expireHold(input: $input) { hold { id ended } userErrors { code message path } }
}";
pub(crate) const CANCEL_CREDITS: &str = "mutation ($input: CancelCreditsInput!) {
    made: cancelCredits(input: $input) { batch { id } userErrors { code message path } }
}";
pub(crate) const RELEASE_BUFFER: &str = "mutation ($input: ReleaseBufferInput!) {
    made: releaseBuffer(input: $input) { batch { id } userErrors { code message path } }
}";
