//! Currencies and their minor units (ISO 4217, active national codes).

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::AmountError;
use crate::log::schema;

/// A currency of ISO 4217.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = schema::CURRENCY))]
pub struct Currency([u8; 3]);

/// Codes without a minor unit.
const SCALE_0: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
/// Codes with three decimal places.
const SCALE_3: &str = "BHD IQD JOD KWD LYD OMR TND";
/// Codes with four decimal places.
const SCALE_4: &str = "CLF UYW";
/// Codes with two decimal places.
const SCALE_2: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD \
CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG \
HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV \
MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN \
SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG";

impl Currency {
    /// The code, three capital letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// Decimal places of the minor unit.
    pub fn scale(&self) -> u8 {
        scale_of(self.code()).unwrap_or(2)
    }
}

fn scale_of(code: &str) -> Option<u8> {
    [(SCALE_2, 2), (SCALE_0, 0), (SCALE_3, 3), (SCALE_4, 4)]
        .into_iter()
        .find(|(codes, _)| codes.split_ascii_whitespace().any(|known| known == code))
        .map(|(_, scale)| scale)
}

impl FromStr for Currency {
    type Err = AmountError;
    fn from_str(text: &str) -> Result<Self, AmountError> {
        let unknown = || AmountError::UnknownCurrency(text.chars().take(20).collect());
        scale_of(text).ok_or_else(unknown)?;
        text.as_bytes().try_into().map(Self).map_err(|_| unknown())
    }
}

impl TryFrom<String> for Currency {
    type Error = AmountError;
    fn try_from(text: String) -> Result<Self, AmountError> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn currencies_know_their_minor_unit() {
        let scale = |code: &str| code.parse::<Currency>().unwrap().scale();
        assert_eq!(
            [scale("EUR"), scale("KRW"), scale("KWD"), scale("CLF")],
            [2, 0, 3, 4]
        );
    }

    #[test]
    fn an_unknown_code_is_refused() {
        for code in ["eur", "XXZ", "", "EURO", "E R"] {
            assert!(code.parse::<Currency>().is_err(), "{code}");
        }
    }
}
