//! The letter in Korean, in the style of official notices. Names and titles stand where no particle follows them, since the
//! particle would depend on their last sound.

use super::StandstillFact;
use super::say::{
    Advantage, Against, Challenge, Decision, GroundLine, Head, Heading, MarkLine, Named, Say,
    TieRule, Total, civil, levels, quoted, titles,
};
use crate::scoring::rules::Reason;
use crate::tender::disclosure::BidField;
use crate::tender::entries::ExclusionGround;
use crate::tender::validity::Validity;
use crate::time::Time;

pub(super) fn heading(heading: Heading) -> &'static str {
    match heading {
        Heading::Decision => "결정 내용",
        Heading::Marks => "항목별 점수와 평가 이유",
        Heading::Advantages => "낙찰자의 상대적 우위",
        Heading::Standstill => "계약 체결 대기 기간",
        Heading::Challenge => "이의 제기 방법",
        Heading::Remarks => "발주기관의 추가 안내",
    }
}

pub(super) fn say(sentence: &Say<'_>) -> String {
    match sentence {
        Say::Head(line) => head(line),
        Say::Decision(line) => decision(line),
        Say::Ground(line) => ground(line),
        Say::Mark(line) => mark(line),
        Say::Advantage(line) => advantage(line),
        Say::Standstill(fact) => standstill(fact),
        Say::Challenge(line) => challenge(line),
    }
}

fn head(line: &Head<'_>) -> String {
    match line {
        Head::Subject(title) => format!("「{title}」 입찰 평가 결과 통지"),
        Head::From(name) => format!("발신: {name}"),
        Head::To(name) => format!("수신: {name}"),
        Head::Reference(tender) => format!("공고 식별번호: tender:{tender}"),
        Head::Lot(lot) => format!("로트: {}", named(lot)),
    }
}

fn with(total: Option<Total>) -> String {
    match total {
        None => String::new(),
        Some(Total {
            value,
            formula: None,
        }) => format!("(총점 {value}점)"),
        Some(Total {
            value,
            formula: Some(formula),
        }) => format!("(산정 결과 {value}, 산식 {formula})"),
    }
}

fn decision(line: &Decision<'_>) -> String {
    match line {
        Decision::Preview => {
            "미리보기: 낙찰 결정이 아직 승인되지 않았으며, 이 통지문은 발송되지 않았습니다."
                .to_owned()
        }
        Decision::Won { rank, of, total } => format!(
            "귀사의 입찰이 평가 대상 {of}건 중 {rank}위{}이며, 낙찰자로 선정되었음을 알려드립니다.",
            with(*total)
        ),
        Decision::AheadHaveOtherLots => {
            "귀사보다 순위가 앞선 입찰자가 다른 로트에서 한 입찰자가 낙찰받을 수 있는 수만큼 낙찰자로 선정되어, 공고된 로트 수 제한에 따라 이 로트는 귀사에 낙찰되었습니다."
                .to_owned()
        }
        Decision::NotYetContract => {
            "이 통지는 계약의 체결을 의미하지 않으며, 계약은 대기 기간이 끝난 후에 체결할 수 있습니다."
                .to_owned()
        }
        Decision::Lost { rank, of, total } => format!(
            "입찰에 참여해 주셔서 감사합니다. 귀사의 입찰은 평가 대상 {of}건 중 {rank}위{}로, 낙찰자로 선정되지 않았음을 알려드립니다.",
            with(*total)
        ),
        Decision::PassedOver { rank, of, total } => format!(
            "입찰에 참여해 주셔서 감사합니다. 귀사의 입찰은 평가 대상 {of}건 중 {rank}위{}입니다. 다만 귀사가 다른 로트에서 한 입찰자가 낙찰받을 수 있는 수만큼 낙찰자로 선정되어, 공고된 로트 수 제한에 따라 이 로트는 다른 입찰자에게 낙찰되었음을 알려드립니다.",
            with(*total)
        ),
        Decision::Excluded => {
            "입찰에 참여해 주셔서 감사합니다. 귀사의 입찰은 아래 사유로 평가 대상에서 제외되어 점수가 부여되지 않았음을 알려드립니다."
                .to_owned()
        }
        Decision::Winner { name, total } => format!("낙찰자: {name}{}", with(*total)),
        Decision::WinnerTotalWithheld => "낙찰자의 총점은 귀사에 공개되지 않습니다.".to_owned(),
        Decision::NoWinner => "이 로트에는 낙찰자로 선정된 입찰이 없습니다.".to_owned(),
    }
}

fn named(of: &Named<'_>) -> String {
    format!("{}({})", of.title, of.code)
}

fn ground(line: &GroundLine<'_>) -> String {
    match line {
        GroundLine::Decided(ground) => format!("- {}", ground_name(*ground)),
        GroundLine::BuyersReason(reason) => format!("    발주기관이 밝힌 이유: {}", quoted(reason)),
        GroundLine::BelowMinimumPrice => "- 입찰 가격이 공고된 최저 가격보다 낮습니다.".to_owned(),
        GroundLine::Withheld(field) => {
            format!("- 비공개 항목에 따른 배제 사유: {}", field_name(*field))
        }
        GroundLine::ConditionFailed(of) => {
            format!("- 다음 조건을 충족한다고 확인하지 않았습니다: {}", named(of))
        }
        GroundLine::BelowMinimumLevel(of) => format!(
            "- 다음 항목에 대한 평가위원회의 합의 등급이 공고된 최저 기준에 미치지 못합니다: {}",
            named(of)
        ),
        GroundLine::NotValid(Validity::CommitmentMismatch) => {
            "- 개봉된 내용이 봉인된 내용과 일치하지 않아 유효한 입찰로 인정되지 않습니다.".to_owned()
        }
        GroundLine::NotValid(Validity::Valid | Validity::Content) => {
            "- 입찰 내용이 평가 계획에서 요구한 사항을 갖추지 못하여 유효한 입찰로 인정되지 않습니다."
                .to_owned()
        }
    }
}

fn ground_name(ground: ExclusionGround) -> &'static str {
    match ground {
        ExclusionGround::Mandatory => "법령에 따른 필수 배제 사유에 해당합니다.",
        ExclusionGround::Discretionary => {
            "법령에 따른 재량 배제 사유에 해당하여 발주기관이 배제하기로 결정하였습니다."
        }
        ExclusionGround::ConditionOfParticipation => "입찰 참가 자격 요건을 충족하지 못하였습니다.",
        ExclusionGround::NonCompliant => "입찰이 공고에서 정한 조건에 맞지 않습니다.",
        ExclusionGround::Abnormal => {
            "입찰이 비정상적으로 보이며, 요청한 소명으로 그 사유가 해소되지 않았습니다."
        }
    }
}

fn mark(line: &MarkLine<'_>) -> String {
    match line {
        MarkLine::Mark { of, mark, points } => {
            format!("- {}: 배점 {points}점 중 {mark}점", named(of))
        }
        MarkLine::NoMark { of, reason } => {
            format!("- {}: 점수 없음({})", named(of), reason_name(*reason))
        }
        MarkLine::Withheld { of, field } => format!(
            "- {}: 비공개(공개하면 드러나는 정보: {})",
            named(of),
            field_name(*field)
        ),
        MarkLine::Formula(formula) => format!("    산식: {formula}"),
        MarkLine::PanelsReason(reason) => format!("    평가위원회의 평가 이유: {}", quoted(reason)),
        MarkLine::NoPanelsReason => "    평가위원회의 평가 이유를 제공할 수 없습니다.".to_owned(),
        MarkLine::Evaluators(list) => format!("    평가위원별 등급: {}", levels(list)),
        MarkLine::Winner { mark, against } => {
            let against = match against {
                Against::More(points) => format!("귀사보다 {points}점 높음"),
                Against::Fewer(points) => format!("귀사보다 {points}점 낮음"),
                Against::Same => "귀사와 같음".to_owned(),
            };
            format!("    낙찰자: {mark}점({against})")
        }
        MarkLine::WinnerWithheld(field) => format!(
            "    낙찰자: 비공개(공개하면 드러나는 정보: {})",
            field_name(*field)
        ),
        MarkLine::WinnersReason(reason) => {
            format!("    낙찰자에 대한 평가 이유: {}", quoted(reason))
        }
        MarkLine::Total(total) => match total.formula {
            None => format!("총점: {}점", total.value),
            Some(formula) => format!("산정 결과: {}(산식: {formula})", total.value),
        },
    }
}

fn reason_name(reason: Reason) -> &'static str {
    match reason {
        Reason::ZeroPrice => "가격이 0이어서 산식으로 나눌 수 없음",
        Reason::EqualPrices => "모든 가격이 같아 산식으로 나눌 수 없음",
        Reason::EqualBounds => "상한과 하한이 같음",
        Reason::ZeroTarget => "목표값이 0임",
        Reason::NothingPromised => "약속된 수량이 없어 산식으로 나눌 수 없음",
        Reason::NotJudged => "평가위원회의 합의 등급이 없음",
        Reason::Missing => "입찰에 해당 값이 없음",
        Reason::NoExchangeRate => "입찰 통화에 적용할 환율이 평가 계획에 없음",
        Reason::NoProxy => "평가 계획에 해당 지표의 화폐 환산 값이 없음",
        Reason::ZeroQuality => "품질 점수가 0이어서 산식으로 나눌 수 없음",
        Reason::OutOfRange => "정확히 계산할 수 있는 범위를 벗어남",
        Reason::Withheld => "비공개 항목에 따른 사유로 공개하지 않음",
    }
}

fn field_name(field: BidField) -> &'static str {
    match field {
        BidField::Price => "가격",
        BidField::ItemPrices => "품목별 가격",
        BidField::Commitments => "이행 약속",
        BidField::Participations => "참여 조직별 수행 비율",
        BidField::Declarations => "조건 충족 확인",
        BidField::Answers => "서술형 답변",
        BidField::Answered => "답변한 항목",
    }
}

fn advantage(line: &Advantage<'_>) -> String {
    match line {
        Advantage::WinnerAhead(list) => {
            format!("낙찰자가 더 높은 점수를 받은 항목: {}", titles(list))
        }
        Advantage::BidAhead(list) => format!("귀사가 더 높은 점수를 받은 항목: {}", titles(list)),
        Advantage::Decisive(list) => format!(
            "순위를 가른 항목: {}. 해당 항목의 점수가 같았다면 귀사의 총점은 낙찰자보다 낮지 않았을 것입니다.",
            titles(list)
        ),
        Advantage::Tie(rule) => format!(
            "총점이 같아 공고된 동점 처리 기준에 따라 결정되었습니다: {}",
            tie(*rule)
        ),
        Advantage::Withheld => {
            "귀사에 공개되지 않는 점수가 있어 순위를 가른 항목을 밝힐 수 없습니다.".to_owned()
        }
        Advantage::Method => {
            "순위는 점수의 합계만이 아니라 공고된 산정 방식에 따라 결정되었습니다.".to_owned()
        }
    }
}

fn tie(rule: TieRule<'_>) -> String {
    match rule {
        TieRule::Mark(of) => format!("다음 항목의 점수가 높은 입찰 - {}", of.title),
        TieRule::LowerPrice => "가격이 낮은 입찰".to_owned(),
        TieRule::EarlierReceipt => "먼저 접수된 입찰".to_owned(),
        TieRule::DrawnLot => "누구나 다시 계산할 수 있는 추첨".to_owned(),
    }
}

fn standstill(fact: &StandstillFact) -> String {
    match fact {
        StandstillFact::Ends(at) => {
            format!("계약은 {} 전에는 체결하지 않습니다.", moment(*at))
        }
        StandstillFact::WorkingDays(days) => format!(
            "계약은 낙찰 공고일을 포함하여 {days}일(토요일과 공휴일 제외)이 지나기 전에는 체결하지 않습니다."
        ),
        StandstillFact::CalendarDays(days) => {
            format!("계약은 낙찰 공고일 다음 날부터 {days}일이 지나기 전에는 체결하지 않습니다.")
        }
        StandstillFact::NotApplicable { ground } => {
            format!("대기 기간을 적용하지 않습니다. 근거: {ground}")
        }
        StandstillFact::InTheNotice => {
            "계약을 체결할 수 있는 가장 이른 날은 낙찰 공고에서 알려드립니다.".to_owned()
        }
    }
}

fn moment(at: Time) -> String {
    civil(at).map_or_else(
        || at.to_string(),
        |(year, month, day, clock)| format!("{year}년 {month}월 {day}일 {clock}(협정 세계시)"),
    )
}

fn challenge(line: &Challenge) -> String {
    match line {
        Challenge::ToTheBuyer => {
            "대기 기간이 끝나기 전에 발주기관에 서면으로 이의를 제기할 수 있습니다. 위의 공고 식별번호와 이의를 제기하는 사항, 그 이유를 적어 주시기 바랍니다. 발주기관이 이의를 기록하면 대기 기간의 진행이 정지됩니다."
        }
        Challenge::OtherRights => {
            "법령에 따라 법원이나 심사기관에 구제를 청구할 권리에는 영향이 없습니다."
        }
        Challenge::Recompute(index) => {
            return format!(
                "공개 로그와 commonweal-verify를 이용하면 누구나 이 결과를 다시 계산할 수 있습니다. 순위는 로그의 {index}번 기록에 있습니다."
            );
        }
    }
    .to_owned()
}
