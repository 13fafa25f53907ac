# -*- coding: rot13 -*-
cevag(fhz(znc(vag, vachg().fcyvg())))
