// SPDX-License-Identifier: Apache-2.0
// Facts compiled by hand: the place names on Japanese vehicle plates, with the local ones added up to 2025.

/** Plates begin with one of these. */
export const vehiclePlaces: ReadonlySet<string> = new Set(
  (
    '札幌 函館 室蘭 帯広 釧路 北見 旭川 苫小牧 知床 十勝 青森 八戸 弘前 岩手 盛岡 平泉 宮城 仙台 秋田 山形 庄内 福島 いわき 会津 郡山 白河 ' +
    '水戸 土浦 つくば 宇都宮 那須 とちぎ 日光 群馬 前橋 高崎 大宮 川口 所沢 川越 熊谷 春日部 越谷 千葉 成田 習志野 市川 船橋 袖ヶ浦 市原 野田 柏 松戸 ' +
    '品川 世田谷 練馬 杉並 板橋 足立 江東 葛飾 八王子 多摩 横浜 川崎 湘南 相模 山梨 富士山 新潟 長岡 上越 佐渡 長野 松本 諏訪 南信州 安曇野 富山 石川 金沢 福井 ' +
    '岐阜 飛騨 静岡 浜松 沼津 伊豆 富士山 名古屋 豊橋 三河 岡崎 豊田 尾張小牧 一宮 春日井 三重 鈴鹿 四日市 伊勢志摩 滋賀 京都 大阪 なにわ 和泉 堺 奈良 飛鳥 和歌山 神戸 姫路 ' +
    '鳥取 島根 出雲 岡山 倉敷 広島 福山 山口 下関 徳島 香川 高松 愛媛 高知 福岡 北九州 久留米 筑豊 佐賀 長崎 佐世保 熊本 大分 宮崎 鹿児島 奄美 沖縄'
  ).split(' '),
);
