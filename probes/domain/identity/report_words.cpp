// SPDX-License-Identifier: Apache-2.0
// Stems of words, folded as folded_letters() does; each list is what mail systems and answering
// programs are known to write, in the order of languages: English, German, French, Spanish,
// Portuguese, Italian, Dutch, Nordic, Polish, Czech, Hungarian, Romanian, Turkish, Russian,
// Ukrainian, Greek, Chinese, Japanese, Korean and others.
#include "probes/domain/identity/report_words.hpp"

#include <algorithm>
#include <array>

namespace mailprobed {
namespace {

// clang-format off
constexpr auto kFailure = std::to_array<std::string_view>({
    "undeliver", "not be delivered", "not deliver", "n't be delivered", "n't deliver", "unable to deliver",
    "unable to send", "could not send", "fail", "fatal", "reject", "refus", "returned mail", "returned to sender",
    "returned message", "return to sender", "unknown", "no such", "not exist", "n't exist", "not found", " full",
    "quota", "not accept", "not allowed", "denied", "blocked", "bounce", "error", "invalid", "did not reach",
    "not reach", "impossible", "unreachable", "disabled", "suspended", "inactive", "unroutable", "nobody", "no mailbox", "no user", "no room", "out of space", "no longer", "too large", "too big", "size limit", "exceeds", "prohibited", "relaying", "timed out", "hop count", "mail loop", "wrong address", "bad address", "policy", "junk mail", "as spam", "virus", "not listed",
    "non-delivery", "nondeliver", "non delivery", "unrouteable", "not be sent", "nicht zugestellt", "nicht zustell",
    "unzustellbar", "fehler", "fehlgeschlagen", "abgelehnt", "abgewiesen", "zuruckgewiesen", "unbekannt",
    "nicht gefunden", "existiert nicht", "nicht ausgeliefert", "scheitert", "verweigert",
    " voll ", "non remis", "echec", "echou", "pas pu etre", "n'a pas ete", "n'a pu etre", "inconnu", "rejet", "introuvable",
    "erreur", "no se pudo", "no se ha podido", "no ha podido", "no entregad", "no pudo ser", "no ha sido entreg",
    "fallo", "fallid", "rechaz", "desconocid", "devuelt", "nao foi", "nao pode", "nao entregue", "falha",
    "falhou", "erro", "devolvid", "desconhecid", "rejeit", "inexist", "non recapita", "non e stato possibile", "non e stato consegn",
    "mancat", "impossibile", "rifiutat", "respint", "sconosciut", "errore", "fallit", "inesistent", "niet bezorg", "niet worden",
    "niet afgelever", "onbestelbaar", "mislukt", "geweigerd", "onbekend", "bestaat niet", "kunde inte", "kunde ikke",
    "kunne ikke", "ej levererat", "olevererbar", "kan inte levereras", "avvisad", "okand", "ukendt", "ukjent", "afvist", "avvist",
    "misslyck", "mislykke", "ei voitu", "toimitus epaonnistui", "epaonnist", "nie moze", "nie zostal", "niedostarcz", "nie dostarcz",
    "odrzucon", "nieznan", "nie mozna", "blad", "nedoruc", "nelze", "nebylo mozne", "nepodarilo", "odmitnut", "neznam", "chyba",
    "nem kezbes", "kezbesithetetlen", "sikertelen", "ismeretlen", "elutasit", "nu a putut", "nu a fost", "esuat", "respins",
    "necunoscut", "teslim edilem", "iletilemed", "gonderilem", "basarisiz", "reddedil", "bilinmeyen", "ulastirilamad", "не доставлен", "не удалось",
    "невозможно", "недостав", "не может быть", "не могло быть", "ошибк", "отклонен", "отказ", "не существует", "неизвестн", "возвращ",
    "не найден", "сбой", "не вдалося", "не доставл", "помилк", "відхилен", "невідом", "недоставл", "неуспе", "αποτυχ", "δεν παραδοθηκε", "δεν ηταν δυνατη",
    "απορριφθ", "αδυνατη", "αγνωστ", "退信", "无法", "無法", "失败", "失敗", "拒绝", "拒收", "拒絕", "不存在", "被退回", "退回", "未能", "错误", "錯誤", "不明",
    "できません", "できなかった", "エラー", "届かな", "存在しない", "存在しま", "不達", "受信拒否", "見つかりません", "실패", "반송", "오류",
    "없습니다", "전달되지", "배달되지", "거부", "gagal", "tidak dapat", "ditolak", "khong the", "that bai", "תקלה", "נכשל", "לא נמסר", "فشل", "تعذر", "لم يتم"});

constexpr auto kDenial = std::to_array<std::string_view>({
    "not ", "n't ", " no ", "cannot", "never", "nicht", "kein", " pas ", "aucun", " ne ", " no ", "ningun", " nao ", "nenhum", " non ", "nessun", "niet ", " geen ", " inte ", " ikke ",
    " ej ", " ingen ", " ei ", " nie ", " nema", " nelze", " neni ", " nem ", " nincs", " nu ", "degil", " yok", " не ", " нет ", " нема", "δεν ", "不", "没", "沒", "无", "無", "ない", "ません", "않", "없", "못", "tidak", "khong", " לא ", " אין ", " لا ", " لم "});

constexpr auto kDelay = std::to_array<std::string_view>({
    "delay", "deferr", "postpon", "not yet been", "not been delivered yet", "not delivered yet", "yet to be delivered",
    "still being", "still trying", "still try", "will continue", "continue to try", "continue trying", "continues to try", "keep trying", "keeps trying",
    "will be retried", "be retried until", "will retry", "will be tried again", "try again until", "will try again", "shall try", "warning message only", "warning only",
    "only a warning", "just a warning", "this is a warning", "not need to resend", "no need to resend", "not have to resend", "do not resend",
    "queued", "in the queue", "in our queue", "on hold", "waiting", "further attempts", "more attempts", "attempts will",
    "next attempt", "another attempt", "retry-until", "retry until", "could not send message for past", "temporarily held", "later attempt", "slow to accept",
    "verzoger", "verzug", "verspat", "weitere versuche", "weiterer versuch", "weiteren versuch", "weiter versuch", "weiterhin versuch", "noch nicht",
    "bisher nicht", "bislang nicht", "nur eine warnung", "lediglich eine warnung", "aufgeschoben", "zuruckgestellt", "wird erneut", "erneuter versuch", "erneut versucht",
    "versuche folgen", "warteschlange", "nochmals versucht", "wird weiter",
    "retard", "differe", "nouvelle tentative", "nouvelles tentatives", "tentatives", "pas encore", "reessay", "continuera",
    "simple avertissement", "file d'attente", "ulterieure", "retras", "demora", "aplaza", "aun no", "todavia", "reintent", "seguira", "seguiremos",
    "continuara", "nuevos intentos", "nuevo intento", "pospuest", "en cola", "atrasad", "atraso", "adiad", "ainda nao", "ainda n", "novas tentativas",
    "nova tentativa", "continuaremos", "continuara a", "sera tentad", "ritard", "ancora stat", "ancora", "nuovi tentativi", "nuovo tentativo",
    "riprover", "rinviat", "differit", "continuera", "vertrag", "uitgesteld", "nog niet", "nieuwe poging", "opnieuw geprobeerd", "opnieuw proberen",
    "blijven proberen", "blijft proberen", "forsen", "fordroj", "annu inte", "nya forsok", "fortsatter", "forsink", "endnu ikke", "enna ikke", "enda ikke",
    "fortsaetter", "fortsetter", "nye forsog", "nye forsok", "nytt forsok", "utsatt", "udskudt", "viivast", "viive", "ei ole viela", "uudelleen", "jatket",
    "opoznien", "opozni", "odroczon", "jeszcze nie", "ponown", "ponawia", "kolejne pro", "zpozd", "zdrzen", "odlozen", "dalsi pokus", "dosud ne", "zatim ne", "oneskor",
    "kesik", "kesleltet", "kesedelm", "meg nem", "ujra megprobal", "ujraprobal", "tovabbi kiserlet", "intarzi", "inca nu", "reincerc", "amanat", "gecik", "erteleni", "ertelend",
    "henuz", "tekrar dene", "yeniden dene", "задерж", "отложен", "еще не", "повторн", "попытки будут", "продолж", "позже", "затрим", "відклад", "ще не", "забав", "καθυστερ",
    "δεν εχει ακομη", "επαναλη", "延迟", "延遲", "延误", "推迟", "重试", "重試", "尚未", "稍后", "继续尝试", "繼續嘗試", "遅延", "遅れ", "再送", "再試行", "まだ", "保留",
    "지연", "다시 시도", "재시도", "아직", "tertunda", "penundaan", "akan mencoba", "tri hoan", "cham tre", "se thu lai", "מתעכב", "עיכוב", "תאחיר", "تأخير", "تأخر", "لاحقا"});

constexpr auto kGivenUp = std::to_array<std::string_view>({
    "gave up", "giving up", "given up", "not be retried", "not be tried again", "no further", "no longer be", "not try again", "nobody will try again",
    "will not be attempted", "stopped trying", "too old", "expired", "permanent error", "permanent failure", "permanent fatal", "failed permanently", "permanently failed",
    "exceeded the maximum", "retry timeout exceeded", "too long", "not going to try again", "for a long time", "could not be delivered for", "deleted from queue", "deleted from the queue", "retries exhausted", "aufgegeben", "keine weiteren versuche", "endgultig", "dauerhaft",
    "abandonn", "definitiv", "no se intentara", "nao sera tentad", "abbandon", "niet meer", "opgegeven", "gett upp", "opgivet", "gitt opp", "zaniechan",
    "прекращен", "окончательн", "放弃", "放棄", "あきらめ", "中止"});

constexpr auto kSuccess = std::to_array<std::string_view>({
    "success", "been delivered", "was delivered to", "were delivered", "was relayed", "been relayed", "relayed to", "has been received", "was received", "erfolgreich",
    "wurde zugestellt", "wurden zugestellt", "wurde ausgeliefert", "avec succes", "bien ete", "a ete remis", "a ete distribu", "con exito", "ha sido entregad", "se ha entregad", "com sucesso", "foi entregue", "con successo",
    "e stato consegnat", "bezorgd bij", "is afgeleverd", "is bezorgd", "har leverer", "har levererats", "levererades", "blev leveret", "zostala dostarcz", "zostal dostarcz", "byla doruc",
    "byl doruc", "sikeresen", "cu succes", "basariyla", "успешно", "доставлено", "успішно", "επιτυχ", "成功", "已送达", "已送達", "配信されました", "配達されました", "배달되었습니다", "전달되었습니다", "berhasil", "thanh cong", "בהצלחה", "بنجاح"});

constexpr auto kAnswer = std::to_array<std::string_view>({
    "out of office", "out of the office", "out-of-office", "vacation", "on holiday", "on leave", "away from", "i am away", "i'm away", "be back", "i am back", "automatic reply", "automatic response", "automated reply", "automated response",
    "automated answer", "autoreply", "auto-reply", "auto reply", "autoresponse", "auto response", "autoresponder", "no longer work", "have left the", "left the company", "ticket", "your request", "your inquiry", "your enquiry", "case number", "reference number", "we have received",
    "we received", "thank you for", "thanks for", "awaits moderat", "moderator approval", "confirm that you", "confirm your", "digest", "complaint", "spam report", "abuse report", "your message was read", "was displayed", "deleted without being read",
    "read receipt", "abwesen", "nicht im haus", "nicht im buro", "nicht im hause", "nicht erreichbar bin", "urlaub", "automatische antwort", "automatische ruckmeldung", "ihre anfrage", "vielen dank", "wir haben ihre", "lesebestatigung", "wurde gelesen", "zusammenfassung", "reponse automatique", "absent du", "absente du",
    "absence", "je suis absent", "conge", "votre demande", "nous avons bien recu", "accuse de reception", "respuesta automatica", "fuera de la oficina", "fuera de", "vacaciones", "ausente", "su solicitud", "hemos recibido", "resposta automatica", "fora do escritorio",
    "ferias", "sua solicitacao", "recebemos", "risposta automatica", "fuori ufficio", "fuori sede", "in ferie", "assente", "la sua richiesta", "abbiamo ricevuto", "automatisch antwoord", "afwezig", "vakantie", "uw verzoek", "wij hebben uw",
    "franvaro", "autosvar", "pa semester", "fravaer", "automatisk svar", "ferie", "poissa", "automaattinen vastaus", "lomalla", "nieobecn", "urlop", "automatyczna odpow", "otrzymalismy", "automaticka odpov", "dovolen", "nepritomn", "hazon kivul", "szabadsag", "automatikus valasz",
    "raspuns automat", "in concediu", "otomatik yanit", "otomatik cevap", "izinde", "ofis disinda", "автоответ", "автоматический ответ", "в отпуске", "нет на месте", "отсутств", "ваш запрос", "ваше обращение", "автоматична відповідь", "у відпустці", "αυτοματη απαντηση", "εκτος γραφειου", "自动回复", "自動回覆", "自動回復", "不在办公室", "休假", "外出", "我们已收到", "您的请求",
    "自動応答", "自動返信", "不在にして", "休暇", "お問い合わせ", "受け付けました", "부재중", "자동 회신", "자동 응답", "휴가", "balasan otomatis", "tra loi tu dong", "מענה אוטומטי", "رد تلقائي"});
// clang-format on

template <std::size_t Size>
bool any(std::string_view text, const std::array<std::string_view, Size>& words) noexcept {
    return std::ranges::any_of(
        words, [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

}  // namespace

Speech speech_of(std::string_view folded) noexcept {
    return {any(folded, kFailure), any(folded, kDenial),  any(folded, kDelay),
            any(folded, kGivenUp), any(folded, kSuccess), any(folded, kAnswer)};
}

}  // namespace mailprobed
