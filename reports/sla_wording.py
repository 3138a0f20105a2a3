"""The words of the SLA report in English and Arabic; digits are 0-9 in both, as on invoices."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Wording:
    lang: str
    months: tuple[str, ...]
    words: dict[str, str]
    metrics: dict[str, str]
    states: dict[str, str]
    exclusions: dict[str, str]

    def __getitem__(self, key: str) -> str:
        return self.words[key]

    def month(self, month: str) -> str:
        """month: YYYY-MM."""
        year, number = month.split("-")
        return f"{self.months[int(number) - 1]} {year}"


ENGLISH = Wording(
    lang="en",
    months=(
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ),
    words={
        "title": "Service level report", "account": "Account", "month": "Month", "zone": "Time zone", "frozen": "Frozen on",
        "metric": "Metric", "target": "Target", "raw": "Raw", "adjusted": "Adjusted", "counted": "Good of counted",
        "excluded": "Left out", "budget": "Budget left", "state": "State", "page": "Page", "nothing": "nothing",
        "interval": "95 % interval",
        "left_out": "What is left out of the adjusted figures, or was in time for it",
        "note": "Raw figures count everything. Adjusted ones leave out what is named here. Figures are frozen 72 hours after"
        " the month: nothing that comes later changes them. Fewer than 1,000 allow no judgement: the interval says how far"
        " they carry.",
    },
    metrics={
        "S1": "Session availability", "S2": "Acceptance of valid rows", "S3": "Submission success", "S4": "Answered within 10 s",
        "S5": "Campaigns on time", "S6": "Raw delivery", "S7": "Adjusted delivery", "S8": "Platform success",
        "S9": "Delivered within 30 s", "S10": "Receipts within 72 h", "S11": "Receipts shown within 60 s",
        "S12": "Without duplicates", "S13": "Files answered in time", "S14": "Charged correctly",
    },
    states={
        "met": "met", "at risk": "at risk", "breached": "missed", "settling": "settling", "info": "informative",
        "insufficient data": "too few", "no data": "none",
    },
    exclusions={
        "announced_maintenance": "minutes of announced maintenance", "rejected": "rows rejected for the sender's reasons",
        "left_out": "rows left out by a limit, the balance or an approval", "held": "held for the sender",
        "invalid": "invalid source, destination or length", "opted_out": "opted out", "not_in_base": "not in the base",
        "cancelled": "cancelled", "above_rate": "in turn above the contracted rate", "window": "daily window or quiet hours",
        "paused": "paused", "handset_unavailable": "handset unavailable", "handset_fault": "handset fault",
        "recipient_invalid": "recipient invalid", "recipient_barred": "recipient barred",
        "content_or_sender_blocked": "content or sender blocked", "customer_expiry": "short validity",
        "customer_overrate": "above the agreed rate", "network_without_receipts": "networks without receipts",
    },
)  # fmt: skip

ARABIC = Wording(
    lang="ar",
    months=(
        "يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر",
    ),
    words={
        "title": "تقرير مستوى الخدمة", "account": "الحساب", "month": "الشهر", "zone": "المنطقة الزمنية", "frozen": "ثبتت في",
        "metric": "المؤشر", "target": "المستهدف", "raw": "الخام", "adjusted": "المعدل", "counted": "الجيد من المحسوب",
        "excluded": "المستبعد", "budget": "المتبقي من السماح", "state": "الحالة", "page": "صفحة", "nothing": "لا شيء",
        "interval": "فترة الثقة 95 %",
        "left_out": "ما استبعد من الأرقام المعدلة، أو عد في موعده لأجله",
        "note": "الأرقام الخام تحسب كل شيء، والمعدلة تستبعد ما ذكر هنا. تثبت الأرقام بعد 72 ساعة من نهاية الشهر ولا يغيرها شيء بعد ذلك."
        " أقل من 1,000 لا يكفي للحكم، وتبين فترة الثقة مدى دلالته.",
    },
    metrics={
        "S1": "إتاحة الاتصال", "S2": "قبول الصفوف الصالحة", "S3": "نجاح الإرسال", "S4": "الرد خلال 10 ثوان",
        "S5": "الحملات في موعدها", "S6": "التسليم الخام", "S7": "التسليم المعدل", "S8": "نجاح المنصة",
        "S9": "التسليم خلال 30 ثانية", "S10": "الإيصالات خلال 72 ساعة", "S11": "ظهور الإيصالات خلال 60 ثانية",
        "S12": "دون تكرار", "S13": "الرد على الملفات في موعده", "S14": "صحة المحاسبة",
    },
    states={
        "met": "تحقق", "at risk": "معرض للخطر", "breached": "لم يتحقق", "settling": "لم يستقر", "info": "للعلم",
        "insufficient data": "عدد قليل", "no data": "لا يوجد",
    },
    exclusions={
        "announced_maintenance": "دقائق صيانة معلنة", "rejected": "صفوف مرفوضة لأسباب المرسل",
        "left_out": "صفوف استبعدها حد أو رصيد أو اعتماد", "held": "معلق بانتظار المرسل",
        "invalid": "مصدر أو وجهة أو طول غير صالح", "opted_out": "ألغى الاشتراك", "not_in_base": "ليس في القاعدة",
        "cancelled": "ملغى", "above_rate": "في دوره فوق المعدل المتعاقد عليه", "window": "نافذة الإرسال أو ساعات الهدوء",
        "paused": "موقوف مؤقتا", "handset_unavailable": "الجهاز غير متاح", "handset_fault": "عطل في الجهاز",
        "recipient_invalid": "مستلم غير صالح", "recipient_barred": "مستلم محظور",
        "content_or_sender_blocked": "محتوى أو مرسل محجوب", "customer_expiry": "صلاحية قصيرة",
        "customer_overrate": "فوق المعدل المتفق عليه", "network_without_receipts": "شبكات بلا إيصالات",
    },
)  # fmt: skip

LANGUAGES = {"en": (ENGLISH,), "ar": (ARABIC,), "both": (ENGLISH, ARABIC)}
