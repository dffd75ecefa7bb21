"""The store of one-time-code seeds (Sendblue API contract, section 2.9)."""

from __future__ import annotations

from ..payloads.access import TotpCode, TotpSecret
from ..payloads.acknowledgements import Acknowledgement
from ..payloads.reading import mapping, rows
from .base import Operations, given

SECRETS = "/api/v2/totp/secrets"


class TotpOperations(Operations):
    """Sendblue keeps the seeds; it tells one at its creation and never again."""

    def list_totp_secrets(self) -> tuple[TotpSecret, ...]:
        """GET: labels and parameters, without the seeds."""
        answer = mapping(self._transport.get(SECRETS))
        return tuple(map(TotpSecret.parse, rows(answer.get("totp_secrets"))))

    def create_totp_secret(
        self,
        *,
        uri: str = "",
        label: str = "",
        secret: str = "",
        issuer: str = "",
        algorithm: str = "",
        digits: int | None = None,
        period: int | None = None,
    ) -> TotpSecret:
        """POST: from an otpauth `uri`, which overrides the rest, or from a `label` and parts."""
        body = given(
            {
                "uri": uri,
                "label": label,
                "secret": secret,
                "issuer": issuer,
                "algorithm": algorithm,
                "digits": digits,
                "period": period,
            }
        )
        return TotpSecret.parse(self._transport.write("POST", SECRETS, body=body))

    def delete_totp_secret(self, *, secret_id: str) -> Acknowledgement:
        """DELETE one."""
        path = f"{SECRETS}/{{secret_id}}"
        return Acknowledgement.parse(self._transport.write("DELETE", path, secret_id=secret_id))

    def get_totp_code(self, *, secret_id: str) -> TotpCode:
        """GET /api/v2/totp/code/{id}: the code of this moment."""
        path = "/api/v2/totp/code/{secret_id}"
        return TotpCode.parse(self._transport.get(path, secret_id=secret_id))
