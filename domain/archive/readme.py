"""The README of a bundle, for a reader in ten years."""

from typing import Final

README: Final = """\
接诉工单归档包
==============

本包按 BagIt 1.0（RFC 8493）组织，外层为不压缩的 zip。全部文本为 UTF-8；时刻带时区，期间按民法典计算。

data/ 之下，不含诉求人信息的部分：

  order.json       工单要素与办结时的状态（view）
  timeline.json    办理经过，逐条
  chain.json       台账原文与哈希链（position、previous_hash、hash）
  decisions.json   每项审批：类别、环节、申请人与所附签名、每个环节的结论
  deadlines.json   每个时限：起算、到期、结果及计算依据（basis），设定经过，暂停
  callbacks.json   回访：征询、结果、评分，自动电话，人工通知
  messages.json    发出的短信：模板、对象、状态、服务商编号（不含号码与正文）
  evidence.json    佐证材料清单：文件、类型、阶段、大小、SHA-256
  policies.json    工单适用过的每一版规则全文，以内容哈希为名

data/personal/ 之下，含个人信息的部分，提供给他人前应予移除或遮盖：

  citizen.json        标题、内容、诉求人、地点
  replies.json        每次答复：分项内容、签名、附件、审核结果
  texts.json          所有书写的文字；其他文件以 id（document）引用
  messages.json       短信的号码与正文，收到的短信，电话号码，人工通知的备注
  city-messages.json  市平台往来报文
  evidence.json       佐证材料的原名与说明
  evidence/           佐证材料本身
  sheet.html sheet.pdf  工单归档单，供阅读和打印

怎样核验（只用通用工具，在包的顶层文件夹中）：

  1. sha256sum -c manifest-sha256.txt
     sha256sum -c tagmanifest-sha256.txt
     两次均须每行 OK。或者：python -m bagit --validate .
  2. openssl pkeyutl -verify -pubin -inkey signing-key.pem -rawin \\
       -in tagmanifest-sha256.txt -sigfile signature.bin
     须显示 Signature Verified Successfully。signing-key.pem 应与热线另行公布的公钥一致：
     只有这样才能排除连同校验值一起改写。
  3. chain.json：第一条的 previous_hash 为 64 个 0，其后每条等于前一条的 hash；
     hash = SHA-256( previous_hash + 换行 + 规范 JSON ) 的小写十六进制。规范 JSON 是对象
     {actor, at, data, event, order_no, position, seq}：各层键按序排列，无空白，非 ASCII 字符原样，
     at 为 UTC、六位小数、+00:00 结尾；seq 为空时写 null。
"""
