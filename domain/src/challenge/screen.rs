//! A screen for personal data in words that everybody will read. It knows forms, not names: what it lets through can still
//! be erased, because the log holds a salted hash only.

/// Words that look like personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PersonalData {
    /// An address for mail.
    #[error("it has an e-mail address in it: say what happened without naming whom to write to")]
    Email,
    /// A number that could be a phone's, a person's or an account's.
    #[error(
        "it has a number of {0} digits in it, as phones, people and accounts have: leave it out"
    )]
    Number(usize),
}

/// From so many digits on, a number may be somebody's. A date has eight at most, with its separators.
const MAX_DIGITS: usize = 8;

/// Whether words look free of personal data.
pub fn screen(words: &str) -> Result<(), PersonalData> {
    let mut around = words.split('@');
    let mut before = around.next().unwrap_or_default();
    for after in around {
        let ends = before
            .chars()
            .next_back()
            .is_some_and(char::is_alphanumeric);
        let begins = after.chars().next().is_some_and(char::is_alphanumeric);
        if ends && begins {
            return Err(PersonalData::Email);
        }
        before = after;
    }
    let mut digits = 0_usize;
    for c in words.chars().chain([' ', 'x']) {
        if c.is_numeric() {
            digits = digits.saturating_add(1);
        } else if !matches!(c, ' ' | '-' | '.' | '/' | '(' | ')' | '+') {
            if digits > MAX_DIGITS {
                break;
            }
            digits = 0;
        }
    }
    if digits > MAX_DIGITS {
        Err(PersonalData::Number(digits))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_addresses_and_long_numbers_are_refused() {
        assert_eq!(screen("ask mina@example.org"), Err(PersonalData::Email));
        for number in [
            "call 010-1234-5678",
            "+82 10 1234 5678",
            "880101-1234567",
            "acct 1234567890",
        ] {
            assert!(
                matches!(screen(number), Err(PersonalData::Number(_))),
                "{number}"
            );
        }
    }

    #[test]
    fn dates_amounts_and_times_pass() {
        for fine in [
            "On 2026-03-01 nobody came: 12 of 20 sheets @ the site are blank",
            "1,200 hours of 6,500 between 9:00 and 17:00",
            "도시락 배달이 3월에 없었습니다",
        ] {
            assert_eq!(screen(fine), Ok(()), "{fine}");
        }
    }
}
