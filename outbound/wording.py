"""What each code means, in the two languages of the answers."""

REASONS: dict[str, tuple[str, str]] = {
    "FIELD_COUNT": ("the row has more or fewer fields than the header", "عدد الحقول في الصف لا يطابق العناوين"),
    "BAD_BYTE": ("the row holds a NUL byte", "يحتوي الصف على بايت غير صالح"),
    "FIELD_TOO_LONG": ("a field is longer than 10,000 characters", "أحد الحقول أطول من 10,000 حرف"),
    "NUMBER_MANGLED": (
        "a spreadsheet turned the number into scientific notation and lost its digits",
        "حوّل برنامج الجداول الرقم إلى صيغة علمية ففُقدت أرقامه",
    ),
    "NUMBER_UNPARSABLE": ("not a telephone number", "ليس رقم هاتف"),
    "NUMBER_INVALID": ("no telephone number of this form exists", "لا يوجد رقم هاتف بهذه الصيغة"),
    "NOT_MOBILE": ("not a mobile number", "ليس رقم هاتف محمول"),
    "NOT_COVERED": ("the number's network is not covered", "شبكة الرقم غير مشمولة بالتغطية"),
    "NOT_IN_BASE": ("the number is not in your own base", "الرقم غير موجود في قاعدة عملائك"),
    "OPTED_OUT": ("the subscriber opted out", "ألغى المشترك استقبال الرسائل"),
    "MISSING_VALUE": ("a value that the template needs is empty", "قيمة مطلوبة في القالب فارغة"),
    "EMPTY_TEXT": ("the text is empty", "نص الرسالة فارغ"),
    "TOO_LONG": ("the text needs more segments than allowed", "النص يحتاج إلى أجزاء أكثر من المسموح"),
    "SENDER_NOT_APPROVED": ("the sender is not approved for this network", "اسم المرسل غير معتمد لهذه الشبكة"),
    "FREQUENCY_CAP": (
        "the subscriber has had as many of your messages lately as allowed",
        "تلقى المشترك مؤخرا العدد المسموح به من رسائلكم",
    ),
    "DUPLICATE": ("the number stands in an earlier row", "الرقم مكرر من صف سابق"),
    "BAD_DATE": ("not a date like 2026-11-26", "ليس تاريخا مثل 2026-11-26"),
    "BAD_ACTION": ("neither add nor remove", "ليست إضافة ولا حذفا"),
    "NO_BALANCE": ("the balance ended before this row", "انتهى الرصيد قبل هذا الصف"),
}
